// What all clients of an API have in common: requests are built, signed, sent and read here.

import { encode, sign } from './sigV4.js';

const ENCODER = new TextEncoder();

function given(value) {
  return value !== undefined && value !== null;
}

function segment(value) {
  // URLs take these two, however they are escaped, for a step in the tree.
  if (value === '.' || value === '..') {
    throw new Error(`"${value}" cannot be a part of a path`);
  }
  return encode(value);
}

/** The path with its variables filled in. A greedy variable keeps its slashes. */
function fill(template, params) {
  return template.replace(/\{([^}]+?)(\+?)\}/g, (_, name, greedy) => {
    const value = String(params[name]);
    return greedy ? value.split('/').map(segment).join('/') : segment(value);
  });
}

function addQuery(query, name, value) {
  for (const one of Array.isArray(value) ? value : [value]) {
    if (given(one)) {
      query.push(`${encode(name)}=${encode(String(one))}`);
    }
  }
}

/** The body as bytes, or undefined if there is none. */
async function bytes(body) {
  if (!given(body) || body === '') return undefined;
  if (typeof body === 'string') return ENCODER.encode(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (typeof Blob !== 'undefined' && body instanceof Blob) return new Uint8Array(await body.arrayBuffer());
  return ENCODER.encode(JSON.stringify(body));
}

async function read(response, responseType) {
  if (responseType === 'arraybuffer') return response.arrayBuffer();
  if (responseType === 'blob') return response.blob();
  const text = await response.text();
  const type = response.headers.get('content-type') || '';
  if (responseType !== 'text' && /[/+]json\b/i.test(type)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}

async function invoke(config, operation, params, body, additionalParams) {
  const values = params || {};
  const more = additionalParams || {};
  for (const name of operation.required) {
    if (!given(values[name])) {
      throw new Error(`Missing required parameter: ${name}`);
    }
  }
  const query = [];
  for (const name of operation.queryParams) addQuery(query, name, values[name]);
  for (const [name, value] of Object.entries(more.queryParams || {})) addQuery(query, name, value);
  const base = config.invokeUrl.replace(/\/+$/, '');
  const search = query.length > 0 ? `?${query.join('&')}` : '';
  const url = new URL(base + fill(operation.path, values) + search);

  const headers = { Accept: config.defaultAcceptType || 'application/json' };
  const carries = operation.verb !== 'GET' && operation.verb !== 'HEAD';
  const payload = carries ? await bytes(body) : undefined;
  if (payload) headers['Content-Type'] = config.defaultContentType || operation.contentType;
  if (config.apiKey) headers['x-api-key'] = config.apiKey;
  const set = (name, value) => {
    if (!given(value)) return;
    for (const other of Object.keys(headers)) {
      if (other.toLowerCase() === name.toLowerCase()) delete headers[other];
    }
    headers[name] = String(value);
  };
  for (const name of operation.headerParams) set(name, values[name]);
  for (const [name, value] of Object.entries(more.headers || {})) set(name, value);

  if (config.accessKey && config.secretKey) {
    const request = { verb: operation.verb, url, headers, body: payload || new Uint8Array(0) };
    const now = new Date(Date.now() + (config.systemClockOffset || 0));
    Object.assign(headers, await sign(request, config, now));
  }
  const send = config.fetch || globalThis.fetch;
  const response = await send(url.href, { method: operation.verb, headers, body: payload });
  const result = {
    status: response.status,
    statusText: response.statusText,
    headers: Object.fromEntries(response.headers),
    data: await read(response, more.responseType),
  };
  if (!response.ok) {
    throw Object.assign(new Error(`${result.status} ${result.statusText}`.trim()), result);
  }
  return result;
}

/** A client with a function for each of `operations`. */
export function newClient(api, operations, config) {
  const settings = { ...api };
  for (const [name, value] of Object.entries(config || {})) {
    if (given(value) && value !== '') settings[name] = value;
  }
  const client = {
    invokeApi: (params, pathTemplate, method, additionalParams, body) => {
      const names = Array.from(pathTemplate.matchAll(/\{([^}]+?)\+?\}/g), (match) => match[1]);
      const operation = {
        verb: method.toUpperCase(),
        path: pathTemplate,
        queryParams: [],
        headerParams: [],
        required: names,
        contentType: 'application/json',
      };
      return invoke(settings, operation, params, body, additionalParams);
    },
  };
  for (const [name, operation] of Object.entries(operations)) {
    client[name] = (params, body, additionalParams) => invoke(settings, operation, params, body, additionalParams);
  }
  return client;
}
