"""A class: from a roster one worksheet a student, and a key for the teacher.

`roster` reads who is in the class, `names` makes file names of names, `assignment` gives each student numbers of their
own, `exercises` says what a lesson's worksheet holds, `worksheets` draws it, `key` writes and reads the teacher's
workbook, `folder` puts all of it where it belongs, at once, `drive` into Google Drive. Student files hold no
answer in any form.

What comes back: `returned` reads a file that may be anything, `placing` finds the worksheet's cells in it, `answers`
asks it by these, `judging` says which numbers are right, `causes` what may have gone wrong, `checking` does all that
for a class, `comparing` looks at the files beside each other, `saying` puts it into sentences, `report` makes the page,
and `gradebook` fills in the grades.
"""
