"""The settings that differ from Scrapy's defaults: each with the default and the reason.

The environment, and a ``.env`` file in this folder or above, are read here and nowhere else;
a real variable wins over the file. https://docs.scrapy.org/en/latest/topics/settings.html
"""

import os

from dotenv import find_dotenv

from moviesync import __version__, environment

ENVIRONMENT_FILE = find_dotenv(usecwd=True)
_file, _file_problems = environment.from_file(ENVIRONMENT_FILE)
_environment, _problems = environment.read({**_file, **os.environ})
ENVIRONMENT_PROBLEMS = [*_file_problems, *_problems]

BOT_NAME = "moviesync"
SPIDER_MODULES = ["moviesync.spiders"]
COMMANDS_MODULE = "moviesync.commands"

# The sites, and the store. README has the table of these variables.
TMDB_ACCESS_TOKEN = _environment.TMDB_ACCESS_TOKEN
TMDB_API_KEY = _environment.TMDB_API_KEY
TMDB_BASE_URL = _environment.TMDB_BASE_URL
TMDB_RATE = _environment.TMDB_RATE
VIDSRC_BASE_URL = _environment.VIDSRC_BASE_URL
VIDSRC_CONCURRENCY = _environment.VIDSRC_CONCURRENCY
VIDSRC_KNOWN_MOVIES = _environment.VIDSRC_KNOWN_MOVIES
VIDSRC_KNOWN_SHOWS = _environment.VIDSRC_KNOWN_SHOWS
MONGODB_URI = _environment.MONGODB_URI
MONGODB_DATABASE = _environment.MONGODB_DATABASE
SQLITE_PATH = _environment.SQLITE_PATH

# Who is asking. Default: "Scrapy/VERSION (+https://scrapy.org)", which names nobody in particular.
USER_AGENT = f"moviesync/{__version__} (catalogue of film pages; asks for their status only)"

# Default False. TMDB's API is not a web page: its terms apply, and TMDB_RATE keeps its limit.
# VidSrc's robots.txt concerns indexing; one request a title for its status indexes nothing.
ROBOTSTXT_OBEY = False

# Default True: Twisted's event loop. Without it Scrapy runs on asyncio alone, its HTTP client is
# aiohttp, and the Telnet console does not exist.
TWISTED_REACTOR_ENABLED = False
# Default False: any certificate would do.
DOWNLOAD_VERIFY_CERTIFICATES = True
# Default True: a port on which anyone with its token can run Python.
REMOTE_CONTROL_ENABLED = False
# Default DEBUG: a line for every request and item.
LOG_LEVEL = "INFO"

# Settings of moviesync's components.

# Seconds before a request is tried again, unless its site asked to wait; doubled for each
# further try. Scrapy's RETRY_TIMES says how often.
RETRY_WAIT = 0.25
# Seconds after which a run ends if a site is down.
SITE_PATIENCE = 300
# Seconds to wait for a store that fails during a run.
STORE_PATIENCE = 120
# Seconds that a write waits for more items, after the first.
GROUP_COMMIT_LINGER = 0.005
# Seconds from one sign of life of a run to the next; a run without one for 20 s is shown as killed.
RUN_HEARTBEAT = 5
# A terminal shows a bar; LOGSTATS_INTERVAL (default 60 s) says how often there is a line in the log.
PROGRESS_BAR = os.environ.get("TERM") != "dumb"
# The variable LOG_FILE. Scrapy's setting of that name stays unset, as it takes the log away from the
# console; who sets it (--logfile, -s LOG_FILE=...) gets what Scrapy does, and no second file.
LOGFILE_PATH = _environment.LOG_FILE
# Bytes after which the file is rotated, and how many old files are kept.
LOGFILE_MAX_BYTES = 5_000_000
LOGFILE_BACKUPS = 3

# Settings for moviesync's own spiders only, so that "scrapy shell", "fetch" and "bench" work as they do
# everywhere.
CRAWL_SETTINGS = {
    # Default 1 GB. A discover page has 30 KB; nothing of more than 2 MB is an answer.
    "DOWNLOAD_MAXSIZE": 2 * 1024 * 1024,
    "DOWNLOAD_WARNSIZE": 0,
    # Default 180 s, for which a place at the site would be taken.
    "DOWNLOAD_TIMEOUT": 30,
    # Default 20.
    "REDIRECT_MAX_TIMES": 5,
    # Default 2.
    "RETRY_TIMES": 5,
    # Default False. AutoThrottle adds delay to VidSrc when the site slows down.
    "AUTOTHROTTLE_ENABLED": True,
    # Default 5 s: the first answer shows the latency.
    "AUTOTHROTTLE_START_DELAY": 0,
    # Default 100 tasks for every response, which gives one item or two.
    "CONCURRENT_ITEMS": 1,
    # Default 5 MB of answers whose items are not stored yet. Here up to a hundred of them wait for controls.
    "SCRAPER_SLOT_MAX_ACTIVE_SIZE": 64 * 1024 * 1024,
    # Default True. A compressed page that is cut short unpacks without an error. The sites are asked for plain
    # pages; vidsrc.answer unpacks what comes packed all the same, in whole or not at all.
    "COMPRESSION_ENABLED": False,
    "DEFAULT_REQUEST_HEADERS": {
        "Accept": "text/html,application/json;q=0.9,*/*;q=0.8",
        "Accept-Encoding": "identity",
    },
    # Default True: 1 KB of cookies a request for sites that need none.
    "COOKIES_ENABLED": False,
    # Default True: the sites need not know which page led to which.
    "REFERER_ENABLED": False,
    # Default: a priority queue and a disk queue in JOBDIR. The store is the queue here.
    "SCHEDULER": "moviesync.core.scheduler.Scheduler",
    # Default: the same client. Here each request goes through the gate, which keeps the limits of each site.
    "DOWNLOAD_HANDLERS": {
        "http": "moviesync.core.handler.GatedHandler",
        "https": "moviesync.core.handler.GatedHandler",
    },
    "DOWNLOADER_MIDDLEWARES": {
        # No allowed_domains, no http_user; and the store counts what the sites answer.
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
        "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
        "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
        # In place of Scrapy's RetryMiddleware, which tries again at once and reads no Retry-After.
        "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
        "moviesync.downloadermiddlewares.retry.Retry": 550,
        # Nearer to the downloader, so that it sees the failures that Retry tries again.
        "moviesync.downloadermiddlewares.circuitbreaker.CircuitBreaker": 560,
        "moviesync.downloadermiddlewares.mirror.MirrorInUse": 570,
        # Redirects are part of the request that was redirected; those in HTML are for browsers.
        "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
        "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
        "moviesync.downloadermiddlewares.redirect.InlineRedirect": 600,
        # Next to the downloader, so that no other component sees a key.
        "moviesync.downloadermiddlewares.credentials.Credentials": 950,
    },
    # Most answers of VidSrc are 404s; they are findings here, so the middleware that drops them is off.
    "SPIDER_MIDDLEWARES": {
        "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
        # They have nothing to do here, and every layer costs each title some time.
        "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
        "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
        "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
        "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
        "moviesync.spidermiddlewares.deltafetch.StoreDeltaFetch": 100,
    },
    "DELTAFETCH_ENABLED": True,
    "EXTENSIONS": {
        # First, so that what the others log is clean.
        "moviesync.log.redaction.LogRedaction": -100,
        "moviesync.log.file.LogFile": -90,
        # In place of Scrapy's LogStats, which counts requests of both sites as pages. Before the store is
        # opened, so that the line on what is run comes first.
        "scrapy.extensions.logstats.LogStats": None,
        "moviesync.extensions.logstats.LogStats": -80,
        "moviesync.core.stopping.Stopping": -70,
        "moviesync.core.gate.Gate": -60,
        "moviesync.checks.mirrors.Mirrors": -50,
        "moviesync.checks.controls.Controls": -40,
        "moviesync.extensions.jobdir.JobDir": -10,
        # After what may refuse the run, as a run that is refused opens no store.
        "moviesync.extensions.storesession.StoreSession": 0,
        # In place of Scrapy's own, whose delay never falls if most answers are 404.
        "scrapy.extensions.throttle.AutoThrottle": None,
        "moviesync.extensions.autothrottle.AutoThrottle": 0,
    },
    "ITEM_PIPELINES": {
        "moviesync.pipelines.coverage.Coverage": 200,
        "moviesync.pipelines.store.StorePipeline": 300,
        # After it, so that a feed shows what is stored.
        "moviesync.pipelines.feeds.FeedPipeline": 400,
    },
    # Default: the names of the item's own fields. A feed has the names of a title's document.
    "FEED_EXPORT_FIELDS": {
        "tmdb_id": "tmdbId",
        "title": "title",
        "year": "year",
        "available": "vidsrcAvailable",
        "last_checked": "lastChecked",
        "reason": "reason",
        "evidence_by": "evidenceBy",
        "evidence_host": "evidenceHost",
    },
    # Default: only ASCII in JSON.
    "FEED_EXPORT_ENCODING": "utf-8",
    "LOG_FORMATTER": "moviesync.log.formatter.QuietLogFormatter",
}

SPIDER_CONTRACTS = {
    "moviesync.contracts.RecordedPage": 10,
    "moviesync.contracts.RecordedCheck": 10,
    "moviesync.contracts.Titles": 10,
    "moviesync.contracts.GivesVerdict": 10,
}
