"""Whether a C2PA manifest is signed and fits its picture, where the extra `c2pa` is installed.

Nothing is asked for over the network: no manifest kept elsewhere, no revocation, no identity; and
the validator may call no host, whatever a file asks for.
"""

import io
import json
import os
from pathlib import Path
from typing import Any

from real_or_ai.conventions.errors import UserError

TRUSTED = "REAL_OR_AI_C2PA_TRUST"  # environment: a PEM file of the roots whose signers are trusted
SETTINGS: dict[str, Any] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
}
_CHANGED = ("assertion.dataHash.", "assertion.bmffHash.", "assertion.boxesHash.")


def checked(data: bytes) -> str:
    """What is known of the signature in a file that holds a manifest, in a few words.

    Raises UserError if the roots that the environment names cannot be read.
    """
    try:
        import c2pa  # 0.1 s and 23 MB: for files with a manifest alone
    except ImportError:
        return "not verified"
    try:
        context = c2pa.Context.from_dict(SETTINGS | _trust())
    except c2pa.C2paError as error:
        raise _unreadable(str(error)) from error
    try:
        with context, c2pa.Reader(None, io.BytesIO(data), context=context) as reader:
            return _said(json.loads(reader.json()))
    except (c2pa.C2paError.NotSupported, c2pa.C2paError.ManifestNotFound):
        return "not verified"  # in a container that it does not read
    except c2pa.C2paError:
        return "invalid: the manifest is damaged"


def _trust() -> dict[str, Any]:
    """The roots that are trusted; without any, no signer is."""
    path = os.environ.get(TRUSTED)
    if not path:
        return {}
    try:
        return {"trust": {"user_anchors": Path(path).read_text(encoding="ascii")}}
    except (OSError, ValueError) as error:
        raise _unreadable(str(error)) from error


def _unreadable(why: str) -> UserError:
    return UserError(
        f"the roots in {TRUSTED}={os.environ.get(TRUSTED)} cannot be read ({why}); "
        "name a PEM file of the certificates that you trust"
    )


def _said(report: dict[str, Any]) -> str:
    signer = report["manifests"][report["active_manifest"]].get("signature_info") or {}
    name = signer.get("issuer") or signer.get("common_name") or "an unnamed signer"
    state = report.get("validation_state")
    if state == "Trusted":
        return f"valid, signed by {name}"
    if state == "Valid":  # anyone may sign as anybody
        return f"valid, signer not on a trust list: {name}"
    codes = [one["code"] for one in report.get("validation_status") or ()]
    if any(code.startswith(_CHANGED) for code in codes):
        return "invalid: it belongs to another picture, or this one was changed"
    return f"invalid: {', '.join(dict.fromkeys(codes)) or 'no reason given'}"
