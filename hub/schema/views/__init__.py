"""`GET /views/{name}`: a saved view as JSON, CSV or XLSX, read within the scope of who asks."""
