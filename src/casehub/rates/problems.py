"""What may be wrong with a question, and with what a city writes into its rule book."""

from casehub.errors import Problem


class QuestionInvalid(Problem):
    """This can't be asked of rates; every reason is listed"""

    type, status, zh = "question-invalid", 422, "指标查询有误，原因见 errors"


class IndicatorInvalid(Problem):
    """The indicator can't be taken; every reason is listed"""

    type, status, zh = "indicator-invalid", 422, "指标定义有误，原因见 errors"


class IndicatorNotFound(Problem):
    """The city has no indicator of its own by this name"""

    type, status, zh = "indicator-not-found", 404, "本市没有该自定义指标"


class IndicatorInUse(Problem):
    """The indicator is used; what uses it is listed"""

    type, status, zh = "indicator-in-use", 409, "该指标正在使用，使用处见 errors"


class FormulaNotFound(Problem):
    """There is no such formula, or no such version of it"""

    type, status, zh = "formula-not-found", 404, "没有该计分办法或该版本"


class MarksInvalid(Problem):
    """The marks can't be taken, none of them was; every reason is listed"""

    type, status, zh = "marks-invalid", 422, "评分录入有误，均未保存，原因见 errors"
