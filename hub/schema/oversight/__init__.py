"""Files of oversight over HTTP: letters, and attachments of the readiness register."""
