"""Lists of records that a channel gives page by page."""
