"""The grading engine: student code runs in a sealed kernel, a judge in a process of its own decides.

Modules, from the student's side to the instructor's:

``wire``        what crosses the boundary: plain data as JSON and raw buffers
``answering``   runs a question where the student's definitions live
``sandbox``     a Jupyter kernel provisioner round bubblewrap
``questions``   what hidden tests use to put questions and to show feedback
``judge``       the trusted process that runs the graded cells
``execute``     nbgrader's ``Execute``, sealed: student cells to the sandbox, graded cells to the judge
``intake``      reads a submitted folder and rebuilds the notebook from the release
``converter``   nbgrader's ``Autograde``: one bad submission stops nobody and keeps no old score
"""
