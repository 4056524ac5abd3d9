"""The commands, a module each: `arguments` says what words it takes, `command` does it."""
