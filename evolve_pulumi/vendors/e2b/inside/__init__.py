"""The inside of an E2B sandbox, through the SDK, behind the protocols of `vendors.inside`."""
