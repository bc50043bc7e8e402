"""What a sandbox says at its vendor: whose it is, which call created it, the default labels, and the user's."""

from evolve_pulumi.schema import Values

CREATE_TOKEN = "evolve-create"
EXPIRES_AT = "evolve-expires-at"
OWNER_LABELS = {"project": "evolve-project", "stack": "evolve-stack", "resource": "evolve-resource"}


def stamped(values: Values) -> dict[str, str]:
    """The labels that declared values ask for. The user's win over the default ones; without an owner none says so."""
    owner = {label: values["owner"][key] for key, label in OWNER_LABELS.items()} if values.get("owner") else {}
    return {**values.get("default_labels", {}), **values.get("labels", {}), **owner}


def of_stack(project: str, stack: str) -> dict[str, str]:
    """The labels that all sandboxes of a stack carry."""
    return {OWNER_LABELS["project"]: project, OWNER_LABELS["stack"]: stack}
