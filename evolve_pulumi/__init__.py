"""A Pulumi provider for cloud sandboxes."""
