"""The resources that programs declare: types and documentation, no logic."""
