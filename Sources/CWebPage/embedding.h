// What the pages' tables of files are written with. `#embed` (C23; in the clang of Swift 6.1 and newer) takes
// no time to compile and follows changes; the list of bytes that SwiftPM's `.embedInCode` writes takes 20 s.
#pragma once
#include "CWebPage.h"

#define HTML "text/html; charset=utf-8"
#define STYLE "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define FILE(path, type, bytes) { path, type, bytes, sizeof bytes }
