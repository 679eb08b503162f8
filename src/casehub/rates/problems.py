"""What may be wrong with a question."""

from casehub.errors import Problem


class QuestionInvalid(Problem):
    """This can't be asked of rates; every reason is listed"""

    type, status, zh = "question-invalid", 422, "指标查询有误，原因见 errors"
