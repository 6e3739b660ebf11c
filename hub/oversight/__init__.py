"""What provinces and the ministry oversee complaints by."""
