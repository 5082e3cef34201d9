"""The grading engine: student code runs in a sealed kernel, a judge decides in another process.

Modules, from the student's side to the instructor's:

``wire``        what crosses the boundary: plain data as JSON and raw buffers
``answering``   runs a question where the student's definitions live
``sandbox``     a Jupyter kernel provisioner round bubblewrap
``questions``   what hidden tests use to put questions and to show feedback
``judge``       the trusted process that runs the graded cells
``submission``  reads what a student handed in, without trusting it
``canonicalize``  the notebook as released, with the student's answers in it
``execute``     nbgrader's ``Execute``, sealed: carries questions between judge and kernel
``stubs``       what stands in a released notebook where the solution was
``converter``   nbgrader's ``Autograde``: one bad submission stops nobody and keeps no old score
``simulate``    a made-up class, of which the score of every answer is known
``demo``        such a class, graded before your eyes
"""
