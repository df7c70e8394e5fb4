// The telemetry page, byte for byte: the folder `web/telemetry`, what it shares with the chat's page, and
// Chart.js (MIT License) as Debian's libjs-chart.js has it.
#include "embedding.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#if !__has_embed("/usr/share/javascript/chart.js/chart.min.js")
#error "Chart.js is missing: run scripts/setup, or install the Debian package libjs-chart.js"
#endif

static const unsigned char index_html[] = {
#embed "../../web/telemetry/index.html"
};
static const unsigned char icon_svg[] = {
#embed "../../web/icon.svg"
};
static const unsigned char base_css[] = {
#embed "../../web/css/base.css"
};
static const unsigned char layout_css[] = {
#embed "../../web/telemetry/layout.css"
};
static const unsigned char replicas_css[] = {
#embed "../../web/telemetry/replicas.css"
};
static const unsigned char chart_min_js[] = {
#embed "/usr/share/javascript/chart.js/chart.min.js"
};
static const unsigned char backoff_js[] = {
#embed "../../web/js/backoff.js"
};
static const unsigned char dom_js[] = {
#embed "../../web/js/dom.js"
};
static const unsigned char app_js[] = {
#embed "../../web/telemetry/app.js"
};
static const unsigned char charts_js[] = {
#embed "../../web/telemetry/charts.js"
};
static const unsigned char colours_js[] = {
#embed "../../web/telemetry/colours.js"
};
static const unsigned char csv_js[] = {
#embed "../../web/telemetry/csv.js"
};
static const unsigned char fanout_js[] = {
#embed "../../web/telemetry/fanout.js"
};
static const unsigned char feed_js[] = {
#embed "../../web/telemetry/feed.js"
};
static const unsigned char picture_js[] = {
#embed "../../web/telemetry/picture.js"
};
static const unsigned char replica_js[] = {
#embed "../../web/telemetry/replica.js"
};
static const unsigned char samples_js[] = {
#embed "../../web/telemetry/samples.js"
};
static const unsigned char statistics_js[] = {
#embed "../../web/telemetry/statistics.js"
};
static const unsigned char table_js[] = {
#embed "../../web/telemetry/table.js"
};
static const unsigned char tree_js[] = {
#embed "../../web/telemetry/tree.js"
};
static const unsigned char units_js[] = {
#embed "../../web/telemetry/units.js"
};

static const struct cwebpage_file files[] = {
    FILE("telemetry", HTML, index_html),
    FILE("web/icon.svg", "image/svg+xml", icon_svg),
    FILE("web/css/base.css", STYLE, base_css),
    FILE("web/telemetry/layout.css", STYLE, layout_css),
    FILE("web/telemetry/replicas.css", STYLE, replicas_css),
    FILE("web/chart.js/chart.min.js", SCRIPT, chart_min_js),
    FILE("web/js/backoff.js", SCRIPT, backoff_js),
    FILE("web/js/dom.js", SCRIPT, dom_js),
    FILE("web/telemetry/app.js", SCRIPT, app_js),
    FILE("web/telemetry/charts.js", SCRIPT, charts_js),
    FILE("web/telemetry/colours.js", SCRIPT, colours_js),
    FILE("web/telemetry/csv.js", SCRIPT, csv_js),
    FILE("web/telemetry/fanout.js", SCRIPT, fanout_js),
    FILE("web/telemetry/feed.js", SCRIPT, feed_js),
    FILE("web/telemetry/picture.js", SCRIPT, picture_js),
    FILE("web/telemetry/replica.js", SCRIPT, replica_js),
    FILE("web/telemetry/samples.js", SCRIPT, samples_js),
    FILE("web/telemetry/statistics.js", SCRIPT, statistics_js),
    FILE("web/telemetry/table.js", SCRIPT, table_js),
    FILE("web/telemetry/tree.js", SCRIPT, tree_js),
    FILE("web/telemetry/units.js", SCRIPT, units_js),
};

const struct cwebpage_file *cwebpage_telemetry_files(size_t *count) {
    *count = sizeof files / sizeof files[0];
    return files;
}
