// A module worker: browsers run it only with a type of JavaScript.
postMessage("works");
