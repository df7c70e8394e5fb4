#pragma once
#include <stddef.h>

/// One file of a page, as it stands in the folder `web` when this is compiled.
struct cwebpage_file {
    /// Where it is served, relative to the service: `web/js/app.js`; empty for the chat's page itself.
    const char *path;
    /// Its media type, with the charset of texts.
    const char *type;
    const unsigned char *bytes;
    size_t count;
};

/// All of the chat's page; they live as long as the process. Sets `count` to how many there are.
const struct cwebpage_file *cwebpage_files(size_t *count);

/// The same of the telemetry page.
const struct cwebpage_file *cwebpage_telemetry_files(size_t *count);
