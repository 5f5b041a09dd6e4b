"""Point-in-time features: plain frames in, plain frames out; nothing here knows a table or a request."""
