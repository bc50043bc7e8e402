"""The portable arguments of every kind, as tables: what both vendors can honestly be asked for.

What one vendor has alone is in that vendor's options. These modules know no vendor's SDK, no Pulumi and do no
I/O. To add an attribute, add a key here (or to a vendor's options) and nothing else in this package.
"""
