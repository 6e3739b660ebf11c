"""Letters, and attachments of the readiness register, over HTTP."""
