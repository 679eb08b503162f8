"""Why somebody is not let in."""

from casehub.errors import Problem


class KeyMissing(Problem):
    """Say who you are: send `Authorization: Bearer` with an API key, or with the token of a sign-in"""

    type, status, zh = "key-missing", 401, "请在 Authorization 头中提供 API 密钥或登录令牌（Bearer）"


class KeyUnknown(Problem):
    """This API key or token is not known, has expired, or was revoked"""

    type, status, zh = "key-unknown", 401, "API 密钥或令牌无效、已过期或已吊销"


class TokenRefused(Problem):
    """This token of the OpenID Connect provider lets nobody in"""

    type, status, zh = "token-refused", 401, "统一身份认证令牌无效"


class IssuerUnreachable(Problem):
    """The keys of the OpenID Connect provider can't be read; try again, or sign in with a password"""

    type, status, zh = "issuer-unreachable", 503, "无法读取统一身份认证服务的公钥，请稍后重试或使用密码登录"


class SignInRefused(Problem):
    """Number or password is wrong, or the person is locked after too many wrong ones: wait, or ask the security officer"""

    type, status, zh = (
        "sign-in-refused",
        401,
        "编号或密码错误，或因多次输错已被锁定：请稍后再试，或联系安全管理员",
    )


class PasswordMustChange(Problem):
    """This password was for one sign-in: choose your own with PUT /v1/me/password first"""

    type, status, zh = "password-must-change", 403, "首次登录须先修改密码：PUT /v1/me/password"


class PasswordRefused(Problem):
    """The password can't be changed to this; every reason is listed"""

    type, status, zh = "password-refused", 422, "密码未能修改，原因见 errors"


class NoSession(Problem):
    """Only a sign-in with a password can be renewed or ended here; an API key is revoked, a provider's token runs out"""

    type, status, zh = "no-session", 409, "仅密码登录的会话可续期或退出"


class WrongRole(Problem):
    """Your role may not do this"""

    type, status, zh = "wrong-role", 403, "您的角色无权执行此操作"


class PersonInvalid(Problem):
    """A key needs the person or department that its roles act for"""

    type, status, zh = "key-invalid", 422, "密钥须绑定与角色相应的人员或部门"


class PostsInvalid(Problem):
    """The posts can't be given; every reason is listed"""

    type, status, zh = "posts-invalid", 422, "岗位设置有误，原因见 errors"


class SubjectTaken(Problem):
    """Another person has this subject"""

    type, status, zh = "subject-taken", 409, "该身份标识已属于其他人员"


class PersonNotFound(Problem):
    """There is no such person"""

    type, status, zh = "person-not-found", 404, "没有该人员"


class KeyNotFound(Problem):
    """There is no such key in force"""

    type, status, zh = "key-not-found", 404, "没有该有效密钥"
