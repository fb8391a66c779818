"""What can be wrong with a model that should have arrived with the install."""

from pipelines.providers import ProviderUnavailable


class ModelMissing(ProviderUnavailable):
    """An embedded model was chosen, but the package that carries or runs it is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(f"The embedded model needs the package {package!r}, which is not installed on this machine.")
        self.package = package
