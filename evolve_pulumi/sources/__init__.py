"""What programs bring into sandboxes from the machine that they run on: folders of files, and Git repositories.

Looked at when the program runs, so that a change shows in its preview, and read again when it is sent. Knows no Pulumi
and no vendor.
"""
