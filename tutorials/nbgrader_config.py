"""How nbgrader makes the student's edition and marks what comes back; `make_student.py` puts a copy into the course."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "walking_noise"
c.ClearSolutions.code_stub = {"python": "# your code\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer.*"
c.Execute.timeout = 600  # seconds a cell
c.Execute.skip_cells_with_tag = "skip-marking"  # long cells that no marks depend on
