"""What can go wrong when a text is handed to a provider, told apart by what may safely be done next."""


class ChannelError(Exception):
    """A channel could not confirm that it took a text.

    `code` is the provider's number as text, or a word of ours; `permanent` says that the same text to the
    same address will fail again; `retry_after_s` is the provider's own wish in seconds; `detail` is for an
    operator and holds neither the number nor the body.
    """

    def __init__(
        self, code: str, *, permanent: bool, retry_after_s: float | None = None, detail: str = ""
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        self.detail = detail


class Refused(ChannelError):
    """The provider refused the text for good: sending it again would be refused again."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, permanent=True, detail=detail)


class TryLater(ChannelError):
    """The provider certainly did not take the text now and may take it later."""

    def __init__(self, code: str, detail: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(code, permanent=False, retry_after_s=retry_after_s, detail=detail)


class OutcomeUnknown(ChannelError):
    """The request went out and no usable answer came back: only `Channel.find` may say what became of it."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, permanent=False, detail=detail)
