"""Where sheets live: .xlsx files and Google Sheets, behind one `Book`."""
