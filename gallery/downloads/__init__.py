"""What people take home: names of files, what is written into copies, many pictures as one archive."""
