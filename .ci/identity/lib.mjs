// What both checks share: lines of results, processes that end with us, free
// ports, and the server under test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const patience = 60_000; // milliseconds; two slow cores start a browser in ten seconds

let failed = false;
const cleanups = [];

/** check prints one line, and what was seen when it is not what was wanted. */
export function check(name, got, want) {
  const [seen, wanted] = [JSON.stringify(got), JSON.stringify(want)];
  if (seen === wanted) {
    console.log(`ok    ${name}`);
  } else {
    failed = true;
    console.log(`FAIL  ${name}: got ${seen}, want ${wanted}`);
  }
}

/** main runs a check to its end and leaves nothing behind. */
export async function main(body) {
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => cleanUp().then(() => process.exit(1)));
  try {
    await body();
  } catch (error) {
    failed = true;
    console.log(`FAIL  ${error.stack}`);
  }
  await cleanUp();
  process.exit(failed ? 1 : 0);
}

/** atEnd registers what to do at the end, last first. */
export function atEnd(f) {
  cleanups.push(f);
}

async function cleanUp() {
  while (cleanups.length > 0) {
    try {
      await cleanups.pop()();
    } catch (error) {
      failed = true;
      console.log(`FAIL  cleaning up: ${error.message}`);
    }
  }
}

export async function scratch() {
  const directory = await mkdtemp(join(tmpdir(), "superher-identity-"));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** start runs a program and waits until the address answers. */
export async function start(name, command, args, options, address) {
  let output = "";
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`exit code ${code ?? signal}`));
  });
  let over = "";
  ended.then((how) => (over = how));
  atEnd(async () => {
    if (over) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(timer);
  });
  for (const begin = Date.now(); !over && Date.now() - begin < patience; await pause()) {
    try {
      const response = await fetch(address, { signal: AbortSignal.timeout(2_000) });
      await response.body?.cancel();
      if (response.status < 500) return;
    } catch {
      // not yet
    }
  }
  throw new Error(`${name} does not answer at ${address} (${over || "still running"}):\n${output}`);
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, 100));
}

/** api calls the server under test with a token. */
export async function api(origin, path, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(origin + path, { headers, redirect: "manual", signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text };
  }
}

/** superher starts the server under test; its address is that of the answer. */
export async function superher(settings) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const database = join(await scratch(), "superher.db");
  const args = ["serve", "--addr", `127.0.0.1:${port}`, "--db", database, ...settings];
  await start("superher", process.env.SUPERHER_BINARY, args, {}, `${origin}/healthz`);
  return origin;
}

