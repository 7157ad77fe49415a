"""Runs one Python handler: the client side of the Lambda Runtime API.

Started as `python3 bootstrap.py` in the function's own directory. It imports the handler
that _HANDLER names and then, for as long as the process lives, fetches one invocation,
calls the handler and posts what it came to. Error objects, log lines and the context are
those of AWS's own Python runtime. It ends when the Runtime API goes away.
"""

import decimal
import importlib
import json
import logging
import os
import re
import socket
import sys
import time
import traceback

# Lambda's log shows indented lines of a traceback with no-break spaces, and keeps a
# message together by ending its lines with a carriage return.
NO_BREAK_SPACE = "\u00a0"
INSIDE_MESSAGE = "\r"

THIS_FILE = os.path.abspath(__file__)


class Fault(Exception):
    """A failure that Lambda's runtime names itself (`Runtime.…`)."""

    def __init__(self, error_type, message, stack_trace=None):
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.stack_trace = stack_trace or []


# The Runtime API ------------------------------------------------------------------------


class Gone(Exception):
    """The other side closed the connection: there is nobody left to work for."""


class RuntimeApi:
    """One connection, one request at a time, whole answers with a Content-Length."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.host = address
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def _head(self, method, path, headers=()):
        lines = [method + " /2018-06-01/runtime/" + path + " HTTP/1.1", "Host: " + self.host]
        lines.extend(headers)
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _post(self, path, body, headers=()):
        headers = list(headers) + ["Content-Type: application/json", "Content-Length: %d" % len(body)]
        return self._head("POST", path, headers) + body

    def next(self):
        """Waits for an invocation; answers its headers and its event."""
        self.socket.sendall(self._head("GET", "invocation/next"))
        return self._answer()

    def finish_and_next(self, request_id, kind, body, headers=()):
        """Posts an invocation's outcome and asks for the next one in the same breath."""
        post = self._post("invocation/%s/%s" % (request_id, kind), body, headers)
        self.socket.sendall(post + self._head("GET", "invocation/next"))
        self._answer()
        return self._answer()

    def init_error(self, body, error_type):
        self.socket.sendall(self._post("init/error", body, [error_type_header(error_type)]))
        self._answer()

    def _answer(self):
        data = self.pending
        end = data.find(b"\r\n\r\n")
        while end < 0:
            data += self._receive()
            end = data.find(b"\r\n\r\n")
        headers = {}
        for line in data[:end].split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
        end += 4
        length = int(headers.get("content-length", "0"))
        missing = end + length - len(data)
        if missing > 0:
            parts = [data]
            while missing > 0:
                part = self._receive()
                parts.append(part)
                missing -= len(part)
            data = b"".join(parts)
        self.pending = data[end + length :]
        return headers, data[end : end + length]

    def _receive(self):
        try:
            part = self.socket.recv(262144)
        except ConnectionError:
            part = b""
        if not part:
            raise Gone()
        return part


def error_type_header(error_type):
    # A class's name may hold any letter; a header's value may not.
    text = re.sub(r"[^\x21-\x7e]", "?", error_type)
    return "Lambda-Runtime-Function-Error-Type: " + (text or "Unknown")


# The context -----------------------------------------------------------------------------


class Record:
    """An object whose fields are fixed, filled from a JSON object, None where absent."""

    __slots__ = ()

    def __init__(self, values):
        for field in self.__slots__:
            setattr(self, field, values.get(field))

    def __repr__(self):
        fields = ",".join("%s=%s" % (field, getattr(self, field)) for field in self.__slots__)
        return "%s([%s])" % (type(self).__name__, fields)


class CognitoIdentity(Record):
    __slots__ = ["cognito_identity_id", "cognito_identity_pool_id"]


class Client(Record):
    __slots__ = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]


class ClientContext(Record):
    __slots__ = ["custom", "env", "client"]


class LambdaContext:
    """What the handler gets as its second argument."""

    def __init__(self, headers):
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.client_context = self._client_context(headers)
        identity = self._json(headers, "lambda-runtime-cognito-identity", "Cognito Identity") or {}
        self.identity = CognitoIdentity(
            {
                "cognito_identity_id": identity.get("cognitoIdentityId"),
                "cognito_identity_pool_id": identity.get("cognitoIdentityPoolId"),
            }
        )
        self._deadline = int(headers.get("lambda-runtime-deadline-ms", "0"))

    def _client_context(self, headers):
        values = self._json(headers, "lambda-runtime-client-context", "Client Context")
        if values is None:
            return None
        context = ClientContext(values)
        if context.client is not None:
            context.client = Client(context.client)
        return context

    @staticmethod
    def _json(headers, name, title):
        text = headers.get(name)
        if not text:
            return None
        try:
            return json.loads(text.encode("latin-1"))
        except Exception as error:
            raise Fault(
                "Runtime.LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (title, error)
            ) from None

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        fields = [
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        ]
        return "LambdaContext([%s])" % ",".join("%s=%s" % (field, getattr(self, field)) for field in fields)


# JSON --------------------------------------------------------------------------------------


class Encoder(json.JSONEncoder):
    """JSON as AWS's runtime writes it: a Decimal is written with its own digits.

    The standard encoder has no way to write a number's text, so a Decimal is written as a
    string that cannot occur otherwise and put in afterwards.
    """

    def __init__(self):
        # Python 3.12's runtime was the first to write other letters than ASCII as they are.
        super().__init__(ensure_ascii=sys.version_info < (3, 12))
        self.mark = "decimal-" + os.urandom(12).hex() + ":"
        self.found = False

    def default(self, value):
        if isinstance(value, decimal.Decimal):
            if value.is_nan():
                return float("nan")
            self.found = True
            return self.mark + str(value)
        return super().default(value)

    def to_bytes(self, value):
        self.found = False
        text = self.encode(value)
        if self.found:
            text = re.sub('"%s([^"]*)"' % self.mark, r"\1", text)
        return text.encode("utf-8")


ENCODER = Encoder()


def marshal(result):
    if isinstance(result, bytes):
        return result
    try:
        return ENCODER.to_bytes(result)
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error) from None


def unmarshal(event):
    try:
        return json.loads(event)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from None


# Errors --------------------------------------------------------------------------------------


def error_object(message, error_type, stack_trace, request_id=""):
    return {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": stack_trace,
    }


def current_error(request_id=""):
    """The exception being handled, without this file's own frames at the front."""
    kind, value, trace = sys.exc_info()
    if isinstance(value, Fault):
        return error_object(value.message, value.error_type, value.stack_trace, request_id)
    frames = traceback.extract_tb(trace)
    own = 0
    while own < len(frames) and frames[own].filename in (THIS_FILE, __file__):
        own += 1
    lines = traceback.format_list(frames[own:] or frames)
    return error_object(str(value), kind.__name__, lines, request_id)


def log_error(error):
    lines = ["[ERROR] %s: %s" % (error["errorType"], error["errorMessage"])]
    lines.append("Traceback (most recent call last):")
    for entry in error["stackTrace"]:
        for line in entry.splitlines():
            text = line.lstrip(" ")
            lines.append(NO_BREAK_SPACE * (len(line) - len(text)) + text)
    sys.stdout.write(INSIDE_MESSAGE.join(lines) + "\n")


# The handler ----------------------------------------------------------------------------------


def find_handler(name):
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Fault(
            "Runtime.MalformedHandlerName",
            "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name,
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module %s as a handler module" % module_name,
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault(
            "Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)
        ) from None
    except SyntaxError as error:
        raise Fault(
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module '%s': %s" % (module_name, error),
            ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)],
        ) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault(
            "Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name)
        ) from None


# Logging --------------------------------------------------------------------------------------


class RequestIdFilter(logging.Filter):
    request_id = ""

    def filter(self, record):
        record.aws_request_id = RequestIdFilter.request_id
        return True


class StandardOutput(logging.Handler):
    def emit(self, record):
        sys.stdout.write(self.format(record).replace("\n", INSIDE_MESSAGE) + "\n")


def set_up_logging():
    for stream in (sys.stdout, sys.stderr):
        # Every whole line leaves the process at once, so that a killed function's last
        # words are not lost.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    logging.Formatter.converter = time.gmtime
    handler = StandardOutput()
    handler.setFormatter(
        logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
    )
    handler.addFilter(RequestIdFilter())
    logging.getLogger().addHandler(handler)


# The loop --------------------------------------------------------------------------------------


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            # The handler closed or replaced it.
            pass


def run_once(handler, headers, event):
    """Runs one invocation; answers what to post: path, body, headers."""
    request_id = headers.get("lambda-runtime-aws-request-id", "")
    RequestIdFilter.request_id = request_id
    trace_id = headers.get("lambda-runtime-trace-id")
    if trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    try:
        return request_id, "response", marshal(handler(unmarshal(event), LambdaContext(headers))), ()
    except Exception:
        error = current_error(request_id)
        log_error(error)
        return request_id, "error", ENCODER.to_bytes(error), [error_type_header(error["errorType"])]


def main():
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    set_up_logging()
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    try:
        handler = find_handler(os.environ.get("_HANDLER", ""))
    except Exception:
        error = current_error()
        log_error(error)
        flush()
        api.init_error(ENCODER.to_bytes(error), error["errorType"])
        sys.exit(1)
    flush()
    headers, event = api.next()
    while True:
        outcome = run_once(handler, headers, event)
        flush()
        headers, event = api.finish_and_next(*outcome)


if __name__ == "__main__":
    try:
        main()
    except (Gone, BrokenPipeError, ConnectionError):
        os._exit(0)
