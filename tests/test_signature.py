"""With the extra c2pa, a manifest's signature and hashes are verified, without asking anyone."""

import copy
import datetime
import io
import json
import socket
import subprocess
import sys
import threading
import time

import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.claims import evidence, signature
from real_or_ai.claims.claim import Claim
from real_or_ai.conventions.errors import UserError
from test_evidence import TRAINED, box, cbor, in_jpeg, store

IMAGE = Image.effect_mandelbrot((320, 240), (-2, -1.5, 1, 1.5), 40).convert("RGB")
MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "TIFF": "image/tiff"}


class Listener:
    """A server on this machine that counts who asks it."""

    def __init__(self) -> None:
        self.asked = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/x"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self.asked += 1
            with connection:
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture(scope="module")
def c2pa():
    return pytest.importorskip("c2pa")


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def signed(c2pa, listener):
    """signed(kind) -> (a drawn picture with a manifest, the signer's root); OCSP at `listener`."""
    pytest.importorskip("cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

    now = datetime.datetime.now(datetime.UTC)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def named(name: str) -> x509.Name:
        oids = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        return x509.Name([x509.NameAttribute(oid, name) for oid in oids])

    def certificate(name: str, of: ec.EllipticCurvePrivateKey, *more: x509.ExtensionType) -> bytes:
        ca = of is root_key
        usage = dict.fromkeys(
            "content_commitment key_encipherment data_encipherment key_agreement "
            "encipher_only decipher_only".split(),
            False,
        )
        made = (
            x509.CertificateBuilder(named("A Root"), named(name), of.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage),
                critical=True,
            )
        )
        own = x509.SubjectKeyIdentifier.from_public_key(of.public_key())
        issuers = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
        for extension in (own, issuers, *more):
            made = made.add_extension(extension, critical=False)
        return made.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    ocsp = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(listener.url)
    )
    root = certificate("A Root", root_key)
    leaf = certificate(
        "Drawn Ltd",
        key,
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]),
        x509.AuthorityInformationAccess([ocsp]),
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

    def sign(kind: str = "JPEG", **remote: bool) -> tuple[bytes, bytes]:
        action = {"action": "c2pa.created", "digitalSourceType": TRAINED}
        manifest = {
            "claim_generator_info": [{"name": "Maker", "version": "1.2"}],
            "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
        }
        info = c2pa.C2paSignerInfo(
            alg=b"es256", sign_cert=leaf + root, private_key=private, ta_url=None
        )
        out = io.BytesIO()
        builder = c2pa.Builder(json.dumps(manifest))
        if remote:
            builder.set_remote_url(listener.url)
        if remote.get("only"):
            builder.set_no_embed()
        source = io.BytesIO(encoded(IMAGE, kind))
        builder.sign(c2pa.Signer.from_info(info), MIME[kind], source, out)
        return out.getvalue(), root

    return sign


def said(data: bytes) -> str:
    (claim,) = (one for one in evidence.claims(data) if one.kind == "C2PA manifest")
    return claim.text


@pytest.fixture
def trusting(monkeypatch, tmp_path):
    """trusting(root): the environment names this root."""

    def name(root: bytes) -> None:
        (tmp_path / "roots.pem").write_bytes(root)
        monkeypatch.setenv(signature.TRUSTED, str(tmp_path / "roots.pem"))

    return name


@pytest.mark.parametrize("kind", list(MIME))
def test_a_signature_holds_and_its_signer_is_trusted_or_not(signed, trusting, kind):
    data, root = signed(kind)
    assert said(data) == "by Maker 1.2 (signature valid, signer not on a trust list: Drawn Ltd)"
    trusting(root)
    assert said(data) == "by Maker 1.2 (signature valid, signed by Drawn Ltd)"
    (source,) = (one for one in evidence.claims(data) if one.kind == "C2PA source type")
    assert source == Claim("C2PA source type", "trainedAlgorithmicMedia (c2pa.created)", "ai")


def test_another_picture_or_another_claim_is_invalid(signed, trusting):
    data, root = signed()
    trusting(root)
    other = bytearray(data)
    other[-500] ^= 1  # in its pixels
    told = "(signature invalid: it belongs to another picture, or this one was changed)"
    assert said(bytes(other)) == f"by Maker 1.2 {told}"
    forged = data.replace(b"trainedAlgorithmicMedia", b"digitalCaptureDigitalAr")
    assert "(signature invalid: assertion.hashedURI.mismatch)" in said(forged)
    start = data.index(b"c2pa.signature")
    torn = data[: start + 400] + bytes(40) + data[start + 440 :]
    assert "(signature invalid: " in said(torn)


@pytest.mark.usefixtures("c2pa")
def test_a_store_that_nobody_signed_is_invalid():
    claim = box(b"cbor", cbor({"claim_generator": "Maker"}))
    inner = typed(b"c2ma", "urn:uuid:1", typed(b"c2cl", "c2pa.claim", claim))
    data = in_jpeg(typed(b"c2pa", "c2pa", inner))
    assert said(data) == "by Maker (signature invalid: the manifest is damaged)"


def typed(kind: bytes, label: str, *content: bytes) -> bytes:
    """A box that says what it is, by the standard's number of this kind."""
    uuid = kind + bytes.fromhex("00110010800000aa00389b71")
    described = box(b"jumd", uuid + b"\3" + label.encode() + b"\0")
    return box(b"jumb", described + b"".join(content))


@pytest.mark.parametrize("remote", [{}, {"too": True}, {"only": True}], ids=["no", "too", "only"])
def test_nobody_is_asked(c2pa, signed, listener, monkeypatch, remote):
    """Not for what the certificate's OCSP says, nor for a manifest that is kept elsewhere."""
    data, root = signed(**remote)
    before = listener.asked

    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "connect", refuse)
        evidence.claims(data)
        assert signature.checked(data)
    assert listener.asked == before
    # The validator asks by sockets of its own; that it would have asked, the other settings show.
    open_ = copy.deepcopy(signature.SETTINGS) | {"trust": {"user_anchors": root.decode()}}
    open_["verify"] = {"remote_manifest_fetch": True, "ocsp_fetch": True}
    for core, asks in (({}, True), (signature.SETTINGS["core"], False)):
        open_["core"] = core
        before = listener.asked
        try:
            with (
                c2pa.Context.from_dict(open_) as context,
                c2pa.Reader(None, io.BytesIO(data), context=context) as reader,
            ):
                reader.json()
        except c2pa.C2paError:
            assert remote.get("only")
        assert (listener.asked > before) == asks


@pytest.mark.parametrize("written", [None, b"\xff\xfe", b"no certificate"])
def test_roots_that_cannot_be_read_are_named(signed, trusting, monkeypatch, written):
    data, _ = signed()
    if written is None:
        monkeypatch.setenv(signature.TRUSTED, "nowhere.pem")
    else:
        trusting(written)
    with pytest.raises(UserError, match=r"^the roots in REAL_OR_AI_C2PA_TRUST=.*; name a PEM file"):
        evidence.claims(data)


def test_damaged_files_are_told_apart_in_bounded_time(signed):
    data, _ = signed()
    start = time.process_time()
    first = data.index(b"jumb")
    for place in range(first, first + 14_000, 97):
        for value in (0, 255, data[place] ^ 1):
            torn = data[:place] + bytes([value]) + data[place + 1 :]
            assert signature.checked(torn).split(":")[0].split(",")[0] in (
                "not verified", "invalid", "valid",
            )  # fmt: skip
    for cut in range(0, len(data), len(data) // 40):
        signature.checked(data[:cut])
    assert time.process_time() - start < 30


@pytest.mark.parametrize(
    "inner",
    [
        box(b"jumb", b"") * 100_000,
        typed(b"c2cl", "c2pa.claim", box(b"cbor", b"\x81" * 500_000)),
        typed(b"c2cl", "c2pa.claim", box(b"cbor", b"\x9b" + b"\xff" * 8)),
        typed(b"c2cl", "c2pa.claim", box(b"cbor", b"\x9f" + b"\0" * 900_000)),
        typed(b"c2cl", "c2pa.claim", box(b"brob", bytes(16) + b"\xff" * 5000)),
        typed(b"c2cl", "c2pa.claim", box(b"cbor", cbor({"a": b"x" * 900_000}))),
    ],
    ids=["many boxes", "deep values", "a huge list", "many values", "packed", "long"],
)
@pytest.mark.usefixtures("c2pa")
def test_a_hostile_store_is_refused_at_once(inner):
    start = time.process_time()
    data = in_jpeg(typed(b"c2pa", "c2pa", typed(b"c2ma", "urn:uuid:1", inner)))
    assert "(signature invalid: " in said(data)
    assert time.process_time() - start < 2


def test_without_the_extra_nothing_is_verified(monkeypatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert said(in_jpeg(store())) == "by Maker 1.2 (signature not verified)"


def test_a_picture_without_a_manifest_does_not_import_it():
    code = (
        "import sys\n"
        "from real_or_ai.claims import evidence\n"
        "evidence.claims(bytes.fromhex(sys.argv[1]))\n"
        "print('c2pa' in sys.modules, 'c2pa.c2pa' in sys.modules)\n"
    )
    plain = encoded(IMAGE.resize((32, 32)), "JPEG").hex()
    done = subprocess.run(
        [sys.executable, "-c", code, plain], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
