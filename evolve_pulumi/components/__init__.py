"""Resources that are made of others."""
