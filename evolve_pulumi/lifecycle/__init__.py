"""Check, diff, create, read, update and delete: once for every kind, over plain values.

Knows no Pulumi, so that another shell can stand beside `dynamic`; knows no vendor beyond the protocols of
`vendors.base`. Properties come in as the engine sends them and are normalised here, once.
"""
