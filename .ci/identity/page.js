// The client under test: oidc-client-ts as a dashboard would use it.
const settings = JSON.parse(document.getElementById("settings").textContent);
const manager = new oidc.UserManager({ ...settings, userStore: new oidc.WebStorageStateStore({ store: sessionStorage }) });

window.signIn = () => manager.signinRedirect();
window.renew = async () => known(await manager.signinSilent());

function known(user) {
  return { access: user.access_token, id: user.id_token, profile: user.profile, scope: user.scope, expires: user.expires_in };
}

if (location.pathname === "/callback") {
  manager.signinRedirectCallback().then(
    (user) => {
      history.replaceState(null, "", "/");
      window.session = known(user);
    },
    (error) => {
      window.session = { error: String(error) };
    },
  );
}
