"""Certificates, made when a test needs them."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Made:
    """A certificate and its key, as PEM and as the library's objects."""

    def __init__(self, certificate, key):
        self.certificate = certificate
        self.key = key

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self):
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def encrypted_key_pem(self):
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        ).decode()


def make(names, key=None, signer=None, days=(-1, 90), authority=False):
    """A certificate for `names`, the first of which is its subject. Signs itself if nobody signs it."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    today = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today + datetime.timedelta(days=days[0]))
        .not_valid_after(today + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(alternatives, critical=False).add_extension(usage, critical=False)
    return Made(builder.sign(signer.key if signer else key, hashes.SHA256()), key)


def client(signer, name="client", days=(-1, 90), key=None, parts=()):
    """A client's certificate, of a subject that has these `parts` too; `signer` None signs itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(kind, value) for kind, value in parts]
    subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(0x01A1FF)
        .not_valid_before(today + datetime.timedelta(days=days[0]))
        .not_valid_after(today + datetime.timedelta(days=days[1]))
    )
    return Made(builder.sign(signer.key if signer else key, hashes.SHA256()), key)


def rsa_key(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def imported(aws, *names, **settings):
    """Imports a certificate of its own making; returns its ARN."""
    made = make(names, **settings)
    return aws.acm.import_certificate(Certificate=made.pem, PrivateKey=made.key_pem)["CertificateArn"]


def issued(aws, *names):
    """Requests a certificate, which is issued at once; returns its ARN."""
    return aws.acm.request_certificate(
        DomainName=names[0],
        KeyAlgorithm="EC_prime256v1",
        **({"SubjectAlternativeNames": list(names[1:])} if names[1:] else {}),
    )["CertificateArn"]
