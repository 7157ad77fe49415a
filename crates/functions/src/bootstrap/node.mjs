// Runs one Node.js handler: the client side of the Lambda Runtime API.
//
// Started as `node bootstrap.mjs` in the function's own directory. It loads the handler that
// _HANDLER names (CommonJS or ES module; async, or with a callback) and then, for as long as
// the process lives, fetches one invocation, calls the handler and posts what it came to, or, of
// handlers that awslambda.streamifyResponse marks, what it writes while it writes it.
// Error objects, log lines and the context are those of AWS's own Node.js runtime. It ends
// when the Runtime API goes away. It needs nothing but Node's own modules.

import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import util from "node:util";

// The Runtime API ----------------------------------------------------------------------------

// One connection, one request at a time, whole answers with a Content-Length. While a handler
// runs the socket does not keep the process's event loop alive: an empty loop is what ends an
// invocation whose callback waits for it.
class RuntimeApi {
  constructor(address, connected) {
    const colon = address.lastIndexOf(":");
    this.address = address;
    this.chunks = [];
    this.size = 0;
    this.waiting = [];
    this.socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon), connected);
    this.socket.setNoDelay(true);
    this.socket.on("data", (chunk) => this.#received(chunk));
    // Nobody is left to work for.
    this.socket.on("error", () => process.exit(0));
    this.socket.on("close", () => process.exit(0));
  }

  #head(method, target, headers = "") {
    return `${method} /2018-06-01/runtime/${target} HTTP/1.1\r\nHost: ${this.address}\r\n${headers}\r\n`;
  }

  #post(target, body, errorType) {
    const type = errorType === undefined ? "" : `Lambda-Runtime-Function-Error-Type: ${errorType}\r\n`;
    const headers = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n${type}`;
    return [Buffer.from(this.#head("POST", target, headers), "latin1"), body];
  }

  #send(parts, ...answers) {
    this.waiting.push(...answers);
    this.socket.ref();
    this.socket.write(Buffer.concat(parts));
  }

  next(answer) {
    this.#send([Buffer.from(this.#head("GET", "invocation/next"), "latin1")], answer);
  }

  // Posts an invocation's outcome and asks for the next one in the same breath.
  finishAndNext(id, kind, body, errorType, answer) {
    const post = this.#post(`invocation/${id}/${kind}`, body, errorType);
    const next = Buffer.from(this.#head("GET", "invocation/next"), "latin1");
    this.#send([...post, next], () => {}, answer);
  }

  // Begins to post an outcome in chunks, while the handler makes it.
  beginStream(id, contentType) {
    const headers =
      `Content-Type: ${contentType}\r\nTransfer-Encoding: chunked\r\n` +
      "Lambda-Runtime-Function-Response-Mode: streaming\r\n" +
      "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n";
    this.socket.write(Buffer.from(this.#head("POST", `invocation/${id}/response`, headers), "latin1"));
  }

  // Calls back when the system has taken the bytes: a stream is as fast as it is read.
  chunk(bytes, done) {
    const size = Buffer.from(`${bytes.length.toString(16)}\r\n`, "latin1");
    this.socket.write(Buffer.concat([size, bytes, Buffer.from("\r\n", "latin1")]), done);
  }

  #lastChunk(failure) {
    const trailers =
      failure === undefined
        ? ""
        : `Lambda-Runtime-Function-Error-Type: ${failure.errorType}\r\n` +
          `Lambda-Runtime-Function-Error-Body: ${failure.body.toString("base64")}\r\n`;
    return Buffer.from(`0\r\n${trailers}\r\n`, "latin1");
  }

  // Ends a stream and asks for the next invocation in the same breath.
  endStreamAndNext(failure, answer) {
    const next = Buffer.from(this.#head("GET", "invocation/next"), "latin1");
    this.#send([this.#lastChunk(failure), next], () => {}, answer);
  }

  endStream(failure, answer) {
    this.#send([this.#lastChunk(failure)], answer);
  }

  invocationError(id, body, errorType, answer) {
    this.#send(this.#post(`invocation/${id}/error`, body, errorType), answer);
  }

  initError(body, errorType, answer) {
    this.#send(this.#post("init/error", body, errorType), answer);
  }

  #received(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.length;
    // A large event comes in many chunks: they are joined once it is known to be whole.
    while (this.size > 0 && (this.needed === undefined || this.size >= this.needed)) {
      const data = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks, this.size);
      this.chunks = [data];
      const end = data.indexOf("\r\n\r\n");
      if (end < 0) return;
      const headers = readHeaders(data.toString("latin1", 0, end));
      const length = end + 4 + Number(headers["content-length"] ?? 0);
      if (data.length < length) {
        this.needed = length;
        return;
      }
      this.needed = undefined;
      this.chunks = data.length > length ? [data.subarray(length)] : [];
      this.size = data.length - length;
      const answer = this.waiting.shift();
      if (this.waiting.length === 0) this.socket.unref();
      answer(headers, data.subarray(end + 4, length));
    }
  }
}

function readHeaders(head) {
  const headers = {};
  for (const line of head.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}

// A header's value may not hold every letter that an error's name may.
const errorTypeHeader = (name) => String(name).replace(/[^\x21-\x7e]/g, "?") || "Unknown";

// Errors ----------------------------------------------------------------------------------------

class RuntimeFault extends Error {
  constructor(kind, message) {
    super(message);
    this.name = `Runtime.${kind}`;
    // The stack's first line holds the name as it was when the stack was taken.
    Error.captureStackTrace(this, RuntimeFault);
  }
}

const isError = (value) =>
  util.types.isNativeError(value) ||
  (value && typeof value.name === "string" && typeof value.message === "string" && typeof value.stack === "string");

// The object that the caller of the function gets.
function errorObject(error) {
  try {
    if (isError(error)) {
      const trace = String(error.stack).split("\n");
      return { errorType: String(error.name), errorMessage: String(error.message), trace };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
    };
  }
}

function logError(title, value) {
  const error = value instanceof Error ? value : new Error(value);
  const visible = (_key, item) =>
    item instanceof Error
      ? {
          errorType: item.name,
          errorMessage: item.message,
          code: item.code,
          ...item,
          stack: typeof item.stack === "string" ? item.stack.split("\n") : undefined,
        }
      : item;
  let text;
  try {
    text = JSON.stringify(error, visible);
  } catch {
    text = JSON.stringify(errorObject(error));
  }
  console.error(title, "\t" + text);
}

const toBody = (value) => Buffer.from(JSON.stringify(value) ?? "null");

// Streaming -------------------------------------------------------------------------------------

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const PRELUDE = Symbol("prelude");
const HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response";

// What a streaming handler writes its answer to.
class ResponseStream extends Writable {
  #api;
  #id;
  #contentType = "application/octet-stream";

  constructor(api, id, highWaterMark) {
    super(highWaterMark === undefined ? {} : { highWaterMark });
    this.#api = api;
    this.#id = id;
    this.begun = false;
  }

  setContentType(contentType) {
    if (this.begun) throw new RuntimeFault("InvalidStreamingOperation", "Cannot set content-type, too late.");
    this.#contentType = String(contentType).replace(/[^\x20-\x7e]/g, "?");
  }

  #begin() {
    if (this.begun) return;
    this.begun = true;
    this.#api.beginStream(this.#id, this.#contentType);
    if (this[PRELUDE] !== undefined) this.#api.chunk(this[PRELUDE]);
  }

  _write(bytes, _encoding, done) {
    this.#begin();
    // An empty chunk would be the last one.
    if (bytes.length === 0) done();
    else this.#api.chunk(bytes, done);
  }

  _final(done) {
    this.#begin();
    done();
  }
}

// What AWS's runtime offers to handlers under this name.
const awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = { highWaterMark: options?.highWaterMark };
    return handler;
  },
  HttpResponseStream: {
    // Has the stream begin with status and headers, and eight NULs behind them.
    from(stream, prelude) {
      stream.setContentType(HTTP_INTEGRATION);
      stream[PRELUDE] = Buffer.concat([toBody(prelude), Buffer.alloc(8)]);
      return stream;
    },
  },
};

// The error object goes into a trailer, for which there is less room than for a body.
const LONGEST_TRAILER = 8192;

function failureTrailers(object) {
  let body = toBody(object);
  if (body.length > LONGEST_TRAILER) body = toBody({ ...object, trace: [] });
  if (body.length > LONGEST_TRAILER) {
    const errorMessage = object.errorMessage.slice(0, LONGEST_TRAILER / 8);
    body = toBody({ errorType: object.errorType.slice(0, 256), errorMessage, trace: [] });
  }
  return { errorType: errorTypeHeader(object.errorType).slice(0, 256), body };
}

// Logging ---------------------------------------------------------------------------------------

const REQUEST_ID = Symbol.for("aws.lambda.runtime.requestId");

// The lines inside a message end with a carriage return, which keeps it one message.
function logLine(level, args) {
  const text = `${new Date().toISOString()}\t${globalThis[REQUEST_ID]}\t${level}\t${util.format(...args)}`;
  writeWhole(1, Buffer.from(text.replace(/\n/g, "\r") + "\n"));
}

// Waits while the pipe is full: a function that writes faster than its log is read is
// slowed down, and nothing is lost.
function writeWhole(file, bytes) {
  let from = 0;
  while (from < bytes.length) {
    try {
      from += fs.writeSync(file, bytes, from);
    } catch (error) {
      if (error.code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function patchConsole() {
  const level = (name) => (...args) => logLine(name, args);
  console.trace = level("TRACE");
  console.debug = level("DEBUG");
  console.info = level("INFO");
  console.log = console.info;
  console.warn = level("WARN");
  console.error = level("ERROR");
  console.fatal = level("FATAL");
}

// The handler -----------------------------------------------------------------------------------

async function findHandler(root, name) {
  if (name.includes("..")) {
    throw new RuntimeFault(
      "MalformedHandlerName",
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(name);
  const folder = name.slice(0, name.length - base.length);
  const dot = base.indexOf(".");
  if (dot < 0) throw new RuntimeFault("MalformedHandlerName", "Bad handler");
  let module;
  try {
    module = await loadModule(root, folder, base.slice(0, dot));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeFault("UserCodeSyntaxError", String(error));
    if (error?.code === "MODULE_NOT_FOUND") throw new RuntimeFault("ImportModuleError", String(error));
    // A missing import of an ES module (ERR_MODULE_NOT_FOUND) keeps its own type, as on AWS.
    throw error;
  }
  let handler = module;
  for (const part of base.slice(dot + 1).split(".")) handler = handler?.[part];
  if (!handler) throw new RuntimeFault("HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeFault("HandlerNotFound", `${name} is not a function`);
  return handler;
}

// Looks in the order of AWS's runtime: no extension, .js, .mjs, .cjs, then a package.
async function loadModule(root, folder, name) {
  const file = path.resolve(root, folder, name);
  const require = createRequire(path.join(root, "/"));
  const isFile = (place) => fs.statSync(place, { throwIfNoEntry: false })?.isFile();
  const imported = (place) => import(pathToFileURL(place).href);
  if (isFile(file)) return require(file);
  if (isFile(file + ".js")) {
    return isModulePackage(path.dirname(file)) ? imported(file + ".js") : require(file + ".js");
  }
  if (isFile(file + ".mjs")) return imported(file + ".mjs");
  if (isFile(file + ".cjs")) return require(file + ".cjs");
  return require(require.resolve(name, { paths: [root, path.resolve(root, folder)] }));
}

// Whether the nearest package.json says that .js files are ES modules.
function isModulePackage(folder) {
  for (let place = folder; !place.endsWith("/node_modules"); place = path.dirname(place)) {
    let text;
    try {
      text = fs.readFileSync(path.join(place, "package.json"), "utf8");
    } catch {
      if (place === path.dirname(place)) return false;
      continue;
    }
    try {
      return JSON.parse(text)?.type === "module";
    } catch (error) {
      console.warn(`${place}/package.json cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return false;
}

// The loop --------------------------------------------------------------------------------------

function parseHeader(headers, name, title) {
  if (headers[name] === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(headers[name], "latin1").toString("utf8"));
  } catch (error) {
    throw new Error(`Cannot parse ${title} as json: ${error}`);
  }
}

const NEVER_SETTLED =
  "The Lambda runtime client detected an unexpected Node.js exit code. " +
  "This is most commonly caused by a Promise that was never settled. " +
  "For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes";

class Loop {
  constructor(api, handler) {
    this.api = api;
    this.handler = handler;
    this.isAsync = handler.constructor?.name === "AsyncFunction";
    this.running = undefined;
    this.stream = undefined;
    this.atEmptyLoop = undefined;
    process.on("beforeExit", () => {
      const act = this.atEmptyLoop;
      this.atEmptyLoop = undefined;
      act?.();
    });
  }

  start() {
    this.api.next((headers, event) => this.run(headers, event));
  }

  run(headers, event) {
    const id = headers["lambda-runtime-aws-request-id"];
    this.running = id;
    globalThis[REQUEST_ID] = id;
    if (this.handler[STREAMING] !== undefined) return this.runStreaming(id, headers, event);
    let finished = false;
    const finish = (kind, body, errorType) => {
      if (finished) return;
      finished = true;
      this.running = undefined;
      this.atEmptyLoop = undefined;
      this.api.finishAndNext(id, kind, body, errorType, (...next) => this.run(...next));
    };
    const fail = (error) => {
      const value = error === undefined || error === null ? "handled" : error;
      if (!finished) logError("Invoke Error", value);
      const object = errorObject(value);
      finish("error", toBody(object), errorTypeHeader(object.errorType));
    };
    const succeed = (result) => {
      let body;
      try {
        body = toBody(result);
      } catch (error) {
        fail(new RuntimeFault("MarshalError", `Unable to stringify response body as json: ${error.message}`));
        return;
      }
      finish("response", body);
    };
    // Only the first of callback, succeed, fail and done counts.
    let called = false;
    const once = (act) => (...args) => {
      if (called) return;
      called = true;
      act(...args);
    };
    const done = once((error, result) => (error === undefined || error === null ? succeed(result) : fail(error)));
    const callback = once((error, result) => {
      if (error !== undefined && error !== null) fail(error);
      else if (!context.callbackWaitsForEmptyEventLoop) succeed(result);
      else this.atEmptyLoop = () => setImmediate(succeed, result);
    });
    let context;
    this.atEmptyLoop = () => {
      called = true;
      if (!this.isAsync) succeed(null);
      else fail(new RuntimeFault("NodeJsExit", NEVER_SETTLED));
    };
    try {
      context = this.context(headers, { succeed: (result) => done(null, result), fail: once(fail), done });
      const result = this.handler(JSON.parse(event.toString("utf8")), context, callback);
      if (typeof result?.then === "function") {
        result.then((value) => done(null, value), once(fail));
      }
    } catch (error) {
      once(fail)(error);
    }
  }

  // The answer is what the handler writes; it is complete when the stream has been ended and the
  // handler's promise is kept.
  runStreaming(id, headers, event) {
    const stream = new ResponseStream(this.api, id, this.handler[STREAMING].highWaterMark);
    this.stream = stream;
    const next = (...args) => this.run(...args);
    let finished = false;
    const finish = (post) => {
      if (finished) return;
      finished = true;
      this.running = this.stream = this.atEmptyLoop = undefined;
      post();
    };
    const fail = (error) => {
      const value = error === undefined || error === null ? "handled" : error;
      if (!finished) logError("Invoke Error", value);
      const object = errorObject(value);
      finish(() => {
        if (stream.begun) this.api.endStreamAndNext(failureTrailers(object), next);
        else this.api.finishAndNext(id, "error", toBody(object), errorTypeHeader(object.errorType), next);
      });
      stream.destroy();
    };
    const ended = new Promise((resolve, reject) => {
      stream.on("finish", resolve);
      stream.on("error", reject);
    });
    ended.catch(() => {});
    this.atEmptyLoop = () => fail(new RuntimeFault("NodeJsExit", NEVER_SETTLED));
    try {
      const result = this.handler(JSON.parse(event.toString("utf8")), stream, this.context(headers, {}));
      if (typeof result?.then !== "function") {
        throw new RuntimeFault("InvalidStreamingOperation", "Streaming does not support non-async handlers.");
      }
      Promise.all([result, ended]).then(() => finish(() => this.api.endStreamAndNext(undefined, next)), fail);
    } catch (error) {
      fail(error);
    }
  }

  context(headers, ends) {
    if (headers["lambda-runtime-trace-id"]) process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
    else delete process.env._X_AMZN_TRACE_ID;
    const deadline = Number(headers["lambda-runtime-deadline-ms"]);
    return {
      callbackWaitsForEmptyEventLoop: true,
      ...ends,
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      clientContext: parseHeader(headers, "lambda-runtime-client-context", "ClientContext"),
      identity: parseHeader(headers, "lambda-runtime-cognito-identity", "CognitoIdentity"),
      invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
      awsRequestId: headers["lambda-runtime-aws-request-id"],
      tenantId: headers["lambda-runtime-aws-tenant-id"],
      getRemainingTimeInMillis: () => deadline - Date.now(),
    };
  }
}

function main() {
  patchConsole();
  globalThis.awslambda = awslambda;
  const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API, async () => {
    const handler = await findHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER ?? "");
    loop = new Loop(api, handler);
    loop.start();
  });
  let loop;
  // Reports what nobody caught, for the invocation that runs or for the start, and ends.
  const end = (title, error, status) => {
    logError(title, error);
    const object = errorObject(error);
    const report = [toBody(object), errorTypeHeader(object.errorType), () => process.exit(status)];
    if (loop === undefined) api.initError(...report);
    else if (loop.stream?.begun) api.endStream(failureTrailers(object), () => process.exit(status));
    else if (loop.running !== undefined) api.invocationError(loop.running, ...report);
    // Between invocations there is nobody to tell: the connection waits for the next one.
    else process.exit(status);
  };
  process.on("uncaughtException", (error) => end("Uncaught Exception", error, 129));
  process.on("unhandledRejection", (reason) => {
    // What findHandler throws is a start that failed, not a promise that nobody watched.
    if (loop === undefined) return end("Uncaught Exception", reason, 129);
    const error = new RuntimeFault("UnhandledPromiseRejection", String(reason));
    error.reason = reason;
    end("Unhandled Promise Rejection", error, 128);
  });
}

main();
