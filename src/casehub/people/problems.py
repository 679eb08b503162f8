"""Why somebody is not let in."""

from casehub.errors import Problem


class KeyMissing(Problem):
    """Say who you are: send `Authorization: Bearer KEY` with an API key"""

    type, status, zh = "key-missing", 401, "请在 Authorization 头中提供 API 密钥（Bearer KEY）"


class KeyUnknown(Problem):
    """This API key is not known, or was revoked"""

    type, status, zh = "key-unknown", 401, "API 密钥无效或已吊销"


class WrongRole(Problem):
    """Your role may not do this"""

    type, status, zh = "wrong-role", 403, "您的角色无权执行此操作"


class PersonInvalid(Problem):
    """A key needs the person or department that its roles act for"""

    type, status, zh = "key-invalid", 422, "密钥须绑定与角色相应的人员或部门"


class KeyNotFound(Problem):
    """There is no such key in force"""

    type, status, zh = "key-not-found", 404, "没有该有效密钥"
