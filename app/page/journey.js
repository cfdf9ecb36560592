const { origin, protocol, host, hostname, port, pathname } = window.location;
const scheme = protocol.replace(":", "");
const publicPort = port || { http: "80", https: "443" }[scheme];
// Beside this file, wherever a proxy in front has put the two.
const { pathname: prefix } = new URL(document.documentElement.dataset.app, import.meta.url);
const external = `${origin}${prefix}/`;

const tries = { redirect, login, events, echo };

function dress() {
  const sheet = document.querySelector("[rel=stylesheet]");
  const { href } = new URL("style.css", import.meta.url);
  if (sheet.href !== href) {
    sheet.href = href;
  }
}

function element(tag, ...children) {
  const node = document.createElement(tag);
  node.append(...children);
  return node;
}

function verdict(tag, right) {
  const node = element(tag, right ? "✓ right" : "✗ wrong");
  node.className = right ? "right" : "wrong";
  return node;
}

function show(list, name, value, right) {
  const row = element("div", element("dt", name), element("dd", value || "none"));
  if (right !== undefined) {
    row.append(verdict("dd", right));
  }
  list.append(row);
}

async function journey() {
  const [browser, nginx, application] = document.querySelectorAll("ol dl");
  show(browser, "scheme", scheme);
  show(browser, "host", hostname);
  show(browser, "port", publicPort);
  show(browser, "path", pathname);

  const json = { headers: { Accept: "application/json" } };
  const { headers, ...answer } = await (await fetch(`${prefix}/whoami`, json)).json();

  const expected = {
    Host: [host],
    "X-Forwarded-Host": [host, hostname],
    "X-Forwarded-Port": [publicPort],
    "X-Forwarded-Prefix": [prefix],
    "X-Forwarded-Proto": [scheme],
  };
  for (const [name, value] of Object.entries(headers)) {
    show(nginx, name, value, expected[name]?.includes(value));
  }

  const right = answer.external_url === external;
  show(application, "external URL", answer.external_url, right);
  show(application, "scheme", answer.scheme, answer.scheme === scheme);
  show(application, "host", answer.host, answer.host === host);
  show(application, "root path", answer.root_path, answer.root_path === prefix);
  show(application, "remote address", answer.remote_addr);

  return right
    ? [verdict("b", true), ` Both say ${external}`]
    : [verdict("b", false), ` ${external} calls itself ${answer.external_url}`];
}

async function redirect(url, report, lands) {
  const response = await fetch(url);
  const final = new URL(response.url);
  report("final URL", final.href, response.ok && final.pathname === prefix + lands);
  report("redirected", response.redirected ? "yes" : "no", response.redirected);
  report("origin", final.origin, final.origin === origin);
  report("prefix", prefix, final.pathname.startsWith(`${prefix}/`));
}

async function login(url, report) {
  const first = await (await fetch(url)).json();
  const second = await (await fetch(url)).json();
  const right = second.visits === first.visits + 1;
  report("visits", `${first.visits}, then ${second.visits}`, right);
}

function events(url, report) {
  const start = performance.now();
  const arrivals = [];
  const source = new EventSource(url);
  source.onmessage = ({ data }) => {
    arrivals.push(performance.now() - start);
    report(`event ${data}`, `after ${Math.round(arrivals.at(-1))} ms`);
  };
  source.onerror = () => {
    source.close();
    const apart = arrivals.at(-1) - arrivals.at(0) > 100;
    report("arrived", apart ? "one by one" : "not one by one", apart);
  };
}

function echo(url, report) {
  const message = "hello";
  const socket = new WebSocket(origin.replace("http", "ws") + url);
  socket.onopen = () => socket.send(message);
  socket.onmessage = ({ data }) => {
    report("echo", data, data === message);
    socket.onerror = null;
    socket.close();
  };
  socket.onerror = () => report("echo", "no connection", false);
}

dress();

for (const item of document.querySelectorAll("[data-try]")) {
  const url = prefix + item.dataset.path;
  const button = element("button", url);
  const list = element("dl");
  const report = (...row) => show(list, ...row);
  list.ariaLive = "polite";
  button.addEventListener("click", async () => {
    list.replaceChildren();
    try {
      await tries[item.dataset.try](url, report, item.dataset.lands);
    } catch {
      report("final URL", "out of reach from this origin", false);
    }
  });
  item.prepend(button);
  item.append(list);
}

document.querySelector("#all").addEventListener("click", () => {
  document.querySelectorAll("[data-try] button").forEach((button) => button.click());
});

const silence = () => [verdict("b", false), ` No answer from ${external}whoami`];
document.querySelector("#verdict").replaceChildren(...(await journey().catch(silence)));
