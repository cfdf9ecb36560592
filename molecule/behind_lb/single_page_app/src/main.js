import "@fontsource/vt323/latin.css";
import "./style.css";
import workerUrl from "./worker.mjs?url";

const BASE = import.meta.env.BASE_URL;

// Vite makes a file of each page. The browser loads it when the client opens the page.
const PAGES = {
  home: () => import("./pages/home.js"),
  orders: () => import("./pages/orders.js"),
  settings: () => import("./pages/settings.js"),
  help: () => import("./pages/help.js"),
};

async function show() {
  const main = document.querySelector("main");
  const [name, ...rest] = location.pathname.slice(BASE.length).split("/");
  main.textContent = "";
  try {
    const page = await PAGES[name || "home"]();
    main.textContent = page.text(rest.join("/"));
  } catch (error) {
    main.textContent = `cannot open ${name}: ${error.message}`;
  }
}

for (const name of Object.keys(PAGES)) {
  const link = document.createElement("a");
  link.href = name === "home" ? BASE : BASE + name;
  link.textContent = name;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    history.pushState(null, "", link.href);
    show();
  });
  document.querySelector("nav").append(link, " ");
}
window.addEventListener("popstate", show);

document.querySelector("#version").textContent = import.meta.env.VITE_VERSION;
new Worker(workerUrl, { type: "module" }).onmessage = (message) => {
  document.querySelector("#worker").textContent = message.data;
};
show();
