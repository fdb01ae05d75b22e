// People sign in with oidc-client-ts in a real browser at the development
// issuer of superher, and their access tokens are used at superher.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { chromium } from "playwright-core";
import { api, atEnd, check, main, patience, superher } from "./lib.mjs";

const clientID = "superher-dashboard";

main(async () => {
  const page = await servePage();
  const redirectURI = `${page.origin}/callback`;
  const origin = await superher(["--dev-redirect-uri", redirectURI]);
  page.use({
    authority: `${origin}/dev/idp`,
    client_id: clientID,
    redirect_uri: redirectURI,
    scope: "openid email profile",
    automaticSilentRenew: false,
    loadUserInfo: true, // as with Cognito, whose access tokens carry no address
  });

  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--headless=new",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  atEnd(() => browser.close());

  const complaints = [];
  const admin = await signIn(browser, page.origin, origin, "admin", complaints);
  const me = await api(origin, "/api/v1/me", admin.session.access);
  check("browser: the admin is active and an admin", [me.status, me.body.user?.status, me.body.user?.role], [200, "active", "admin"]);
  check("browser: the library has the admin's address from userinfo", typeof admin.session.profile.email, "string");
  check("browser: nothing is kept in localStorage", await admin.tab.evaluate(() => localStorage.length), 0);

  const renewed = await admin.tab.evaluate(() => window.renew());
  const afterwards = await api(origin, "/api/v1/me", renewed.access);
  check("browser: a silent renewal brings another token of the same person", [renewed.access !== admin.session.access, afterwards.body.user?.id ?? "no id"], [true, me.body.user?.id]);
  const byID = await api(origin, "/api/v1/campaigns", renewed.access);
  check("browser: the admin sees campaigns", byID.status, 200);

  const pending = await signIn(browser, page.origin, origin, "pending", complaints);
  const waiting = await api(origin, "/api/v1/me", pending.session.access);
  check("browser: the pending person is pending", [waiting.status, waiting.body.user?.status], [200, "pending"]);
  const nothing = await api(origin, "/api/v1/campaigns", pending.session.access);
  check("browser: the pending person sees no campaigns", [nothing.status, nothing.body.reason], [403, "user-not-active"]);

  check("browser: no complaint in any console", complaints, []);

  const stranger = await browser.newContext();
  const tab = await stranger.newPage();
  const elsewhere = new URLSearchParams({ client_id: clientID, redirect_uri: `${page.origin}/elsewhere`, response_type: "code" });
  const refused = await tab.goto(`${origin}/dev/idp/authorize?${elsewhere}`);
  check("browser: another redirect URI is refused on the spot", [refused.status(), new URL(tab.url()).origin === origin], [400, true]);
});

/** signIn picks somebody on the page of the issuer, in a browser without a past. */
async function signIn(browser, client, issuer, note, complaints) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce" });
  context.setDefaultTimeout(patience);
  const tab = await context.newPage();
  tab.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  tab.on("pageerror", (error) => complaints.push(error.message));
  tab.on("requestfailed", (request) => complaints.push(`${request.url().split("?")[0]}: ${request.failure()?.errorText}`));
  await tab.goto(client);
  await Promise.all([tab.waitForURL((url) => url.origin === issuer), tab.evaluate(() => void window.signIn())]);
  const loud = await tab.getByRole("heading", { name: "DEVELOPMENT SIGN-IN" }).isVisible();
  check(`browser: the page for the ${note} is loud`, loud, true);
  await tab.getByRole("button").filter({ has: tab.locator("small", { hasText: new RegExp(`^${note}\\b`, "i") }) }).first().click();
  await tab.waitForFunction(() => window.session);
  const session = await tab.evaluate(() => window.session);
  check(`browser: the ${note} has tokens by code and PKCE`, [session.error ?? null, typeof session.access], [null, "string"]);
  return { tab, session };
}

/** servePage serves the client on an origin of its own, under a strict policy. */
async function servePage() {
  const bundle = await readFile(new URL("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", import.meta.url));
  const script = await readFile(new URL("page.js", import.meta.url));
  let settings = {};
  const answers = {
    "/oidc.js": () => ["text/javascript", bundle],
    "/page.js": () => ["text/javascript", script],
    "/": () => ["text/html; charset=utf-8", html(settings)],
    "/callback": () => ["text/html; charset=utf-8", html(settings)],
  };
  const server = createServer((request, response) => {
    const found = answers[new URL(request.url, "http://page").pathname];
    if (!found) return response.writeHead(404).end();
    const [type, body] = found();
    const issuer = settings.authority ? new URL(settings.authority).origin : "";
    response.writeHead(200, {
      "Content-Type": type,
      "Content-Security-Policy": `default-src 'none'; script-src 'self'; img-src data:; connect-src ${issuer}; base-uri 'none'`,
    });
    response.end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${server.address().port}`, use: (s) => (settings = s) };
}

function html(settings) {
  const text = JSON.stringify(settings).replaceAll("<", "\\u003c");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>client</title><link rel="icon" href="data:,">
<script type="application/json" id="settings">${text}</script>
<script src="/oidc.js"></script><script src="/page.js"></script></html>`;
}
