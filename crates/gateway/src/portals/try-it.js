// Sends what is filled in on an endpoint's page, and shows the answer. Bounds are those of API Gateway's
// developer guide ("Enable try it for an API Gateway product REST endpoint in your portal").
"use strict";

const MOST_BYTES = 6 * 1024 * 1024;
const MOST_MILLISECONDS = 29000;
const BETWEEN_REQUESTS = 334;

// The address with its parameters filled in; one that ends in "+" may have slashes.
function addressOf(template, parameters, query) {
  const filled = template.replace(/\{([^{}]+)\}/g, (whole, name) => {
    const value = parameters[name] ?? "";
    return name.endsWith("+") ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  });
  const asked = query.trim().replace(/^\?/, "").replaceAll("#", "%23");
  return asked === "" ? filled : filled + "?" + asked;
}

// Lines of "Name: value".
function headersOf(text) {
  const headers = new Headers();
  for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new Error("A header is written as Name: value");
    headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return headers;
}

// The text of an answer, up to the bound.
async function textOf(response) {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > MOST_BYTES) {
      await reader.cancel();
      return text + "\n(The answer is longer than 6 MB.)";
    }
    text += decoder.decode(value, { stream: true });
  }
}

async function send(template, fields) {
  const parameters = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith("{")) parameters[name.slice(1, -1)] = value;
  }
  const method = fields.method;
  const hasBody = method !== "GET" && method !== "HEAD" && (fields.body ?? "") !== "";
  const response = await fetch(addressOf(template, parameters, fields.query ?? ""), {
    method,
    headers: headersOf(fields.headers ?? ""),
    body: hasBody ? fields.body : undefined,
    credentials: "omit",
    cache: "no-store",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(MOST_MILLISECONDS),
  });
  const headers = [...response.headers].map(([name, value]) => name + ": " + value).join("\n");
  return [(response.status + " " + response.statusText).trim(), headers, await textOf(response)];
}

function listen(form) {
  const button = form.querySelector("button");
  const output = form.querySelector("output");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    setTimeout(() => (button.disabled = false), BETWEEN_REQUESTS);
    let shown;
    try {
      shown = await send(form.dataset.address, Object.fromEntries(new FormData(form)));
    } catch (error) {
      shown = ["No answer", "", error.message + "\n\nThe API may not allow requests of this page (CORS)."];
    }
    [...output.children].forEach((place, at) => (place.textContent = shown[at]));
    output.hidden = false;
  });
}

if (typeof document === "object") document.querySelectorAll("form.try-it").forEach(listen);
if (typeof module === "object") module.exports = { addressOf, headersOf, send };
