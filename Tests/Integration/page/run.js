// Runs every test of the folder and leaves the results in `window.results`: [{title, error}].

import { tests } from "./test.js";
import "./backoff_tests.js";
import "./dom_tests.js";
import "./format_tests.js";
import "./history_tests.js";
import "./messages_tests.js";
import "./outbox_tests.js";
import "./richtext_tests.js";
import "./store_tests.js";
import "./telemetry_tests.js";
import "./timeline_tests.js";

const results = [];
for (const { title, body } of tests) {
  try {
    await body();
    results.push({ title, error: null });
  } catch (error) {
    results.push({ title, error: `${error.message}\n${error.stack}` });
  }
}
window.results = results;
