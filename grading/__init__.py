"""The grading engine: student code runs in a sealed kernel, a judge decides in another process.

Modules, from the student's side to the instructor's. One submission:

``wire``                 what crosses the boundary: plain data as JSON and raw buffers
``answering``            runs a question where the student's definitions live
``sandbox.forkserver``   first program in the sandbox: imports, then forks a kernel on request
``sandbox.policy``       what student code may see and use, as data
``sandbox.seccomp``      the filter of the system calls that a kernel is refused
``sandbox.bubblewrap``   the sandbox of a grader process, and whether one can be made here
``sandbox.provisioner``  starts kernels in it, through Jupyter's own interface
``questions``            what hidden tests use to put questions and to show feedback
``judge``                the trusted process that runs the graded cells
``judges``               one parent that has loaded the hidden tests, from which judges are forked
``submission``           reads what a student handed in, without trusting it
``canonicalize``         the notebook as released, with the student's answers in it
``execute``              nbgrader's ``Execute``, sealed: between kernel and judge
``stubs``                what stands in a released notebook where the solution was
``converter``            nbgrader's ``Autograde``: one bad submission stops nobody

A class:

``parallel``             one run over it: what is to be graded, one writer, what is finished
``pool``                 where: processes of this machine, or workers of a Dask cluster
``worker``               grades one submission, in a folder and a gradebook of its own
``excerpt``              the rows of the gradebook that one submission needs, and how they come back
``fingerprint``          hashes by which a run knows what has changed since the last one
``progress``             a bar and a summary
``exporters``            grades for a spreadsheet, for Canvas, for Moodle
``similar``              answers that look alike
``report.records``       what is known of a class after grading
``report.figures``       what that comes to
``report.page``          the report, a page of HTML
``simulate``             a made-up class, of which the score of every answer is known
``demo``                 such a class, graded before your eyes
"""
