"""Work with Google Sheets beyond a single run: sync, tick boxes, publishing, login."""
