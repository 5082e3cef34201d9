"""The grading engine: student code runs in a sealed kernel, a judge decides in another process.

Folders, by the stage of a submission's life, and the process in which their code runs:

``handed_in``  what was handed in, trusting nothing (the process that grades)
``boundary``   what crosses between student code and judge (both sides of it)
``sandbox``    where student code runs: the fork server and the kernels, and who talks to them
``judging``    the trusted process that runs graded cells, and who talks to it
``marking``    how an answer is judged: what authors of hidden tests import (the judge)
``grade``      grade this notebook, this submission: plain values in and out (the same process)
``plugin``     nbgrader's side: its commands, its gradebook, its settings
``cohort``     a whole class: one writer, and processes that grade
``results``    after grading: the report, grades for other systems, answers that look alike
``rehearsal``  before students come: the audit, new questions, a made-up class
"""
