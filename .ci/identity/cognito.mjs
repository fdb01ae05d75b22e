// A person of a Cognito user pool signs in with amazon-cognito-identity-js and
// uses the access token at superher. The pool is that of cognito-local.
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { api, check, freePort, main, scratch, start, superher } from "./lib.mjs";

const require = createRequire(import.meta.url);
const { AuthenticationDetails, CognitoUser, CognitoUserPool } = require("amazon-cognito-identity-js");

const email = "asha@example.com";

main(async () => {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const environment = { ...process.env, HOST: "127.0.0.1", PORT: String(port) };
  await start(
    "cognito-local",
    process.execPath,
    [require.resolve("cognito-local/lib/bin/start.js")],
    { cwd: await scratch(), env: environment }, // it keeps its pools in .cognito below its directory
    `${endpoint}/health`,
  );

  const { pool, client, password } = await createPool(endpoint);
  const issuer = `${endpoint}/${pool}`;
  const session = await signIn(endpoint, pool, client, password);
  const token = session.getAccessToken().getJwtToken();
  const { iss, client_id, token_use } = session.getAccessToken().payload;
  check("cognito: signed in by password, the token is for this pool and client", [iss, client_id, token_use], [issuer, client, "access"]);

  const wrong = await signIn(endpoint, pool, client, `${password}x`).catch((error) => error.code);
  check("cognito: a wrong password signs nobody in", wrong, "InvalidPasswordException"); // Cognito itself says NotAuthorizedException

  const origin = await superher(["--oidc-issuer", issuer, "--oidc-client-id", client]);
  const me = await api(origin, "/api/v1/me", token);
  check("cognito: /me knows the stranger as pending", [me.status, me.body.user?.status], [200, "pending"]);
  const again = await api(origin, "/api/v1/me", token);
  check("cognito: the second call finds the same person", [again.status, again.body.user?.id ?? "no id"], [200, me.body.user?.id]);
  const campaigns = await api(origin, "/api/v1/campaigns", token);
  check("cognito: a pending person sees no campaigns", [campaigns.status, campaigns.body.reason], [403, "user-not-active"]);

  const nobody = await api(origin, "/api/v1/me");
  check("cognito: without a token nobody is anybody", [nobody.status, nobody.body.reason], [401, "invalid-credential"]);
  const forged = await api(origin, "/api/v1/me", spoil(token));
  check("cognito: a changed signature is refused", [forged.status, forged.body.reason], [401, "invalid-credential"]);
  const refresh = await api(origin, "/api/v1/me", session.getRefreshToken().getToken());
  check("cognito: a refresh token is no access token", [refresh.status, refresh.body.reason], [401, "invalid-credential"]);

  const other = await createPool(endpoint);
  const foreign = await signIn(endpoint, other.pool, other.client, other.password);
  const stranger = await api(origin, "/api/v1/me", foreign.getAccessToken().getJwtToken());
  check("cognito: another pool's token, signed by the same key, is refused", [stranger.status, stranger.body.reason], [401, "invalid-credential"]);

  check("cognito: superher refuses the development issuer beside a real one", (await api(origin, "/dev/idp/.well-known/jwks.json")).status, 404);
});

/** createPool makes a pool with one client and one person. */
async function createPool(endpoint) {
  const password = `Aa1!${randomBytes(12).toString("hex")}`;
  const pool = (await call(endpoint, "CreateUserPool", { PoolName: "superher" })).UserPool.Id;
  const { UserPoolClient } = await call(endpoint, "CreateUserPoolClient", {
    UserPoolId: pool,
    ClientName: "dashboard",
    ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"],
  });
  await call(endpoint, "AdminCreateUser", {
    UserPoolId: pool,
    Username: email,
    MessageAction: "SUPPRESS",
    UserAttributes: [
      { Name: "email", Value: email },
      { Name: "email_verified", Value: "true" },
    ],
  });
  await call(endpoint, "AdminSetUserPassword", { UserPoolId: pool, Username: email, Password: password, Permanent: true });
  return { pool, client: UserPoolClient.ClientId, password };
}

/** call speaks the JSON protocol of the service; cognito-local checks no signature. */
async function call(endpoint, operation, body) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `AWSCognitoIdentityProviderService.${operation}`,
      Authorization: "AWS4-HMAC-SHA256 Credential=local/20260101/local/cognito-idp/aws4_request, SignedHeaders=host, Signature=local",
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`);
  return JSON.parse(text);
}

function signIn(endpoint, pool, client, password) {
  const user = new CognitoUser({
    Username: email,
    Pool: new CognitoUserPool({ UserPoolId: pool, ClientId: client, endpoint: `${endpoint}/` }),
  });
  user.setAuthenticationFlowType("USER_PASSWORD_AUTH"); // the only flow that cognito-local has
  return new Promise((resolve, reject) => {
    user.authenticateUser(new AuthenticationDetails({ Username: email, Password: password }), {
      onSuccess: resolve,
      onFailure: reject,
    });
  });
}

/** spoil changes a character inside the signature. */
function spoil(token) {
  const at = token.lastIndexOf(".") + 20;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}
