"""The inside of a Daytona sandbox, through the SDK, behind the protocols of `vendors.inside`."""
