"""Make the shop's tables, and put in what reviewers should find there."""

import os
import sqlite3
from contextlib import closing

BOOKS = [
    ("The Left Hand of Darkness", "Ursula K. Le Guin"),
    ("Solaris", "Stanisław Lem"),
    ("Kindred", "Octavia E. Butler"),
]

with closing(sqlite3.connect(os.environ["DATABASE"])) as database, database:
    database.execute("CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL)")
    database.executemany("INSERT INTO books (title, author) VALUES (?, ?)", BOOKS)
print(f"{len(BOOKS)} books")
