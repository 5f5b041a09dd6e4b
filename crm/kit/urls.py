"""Addresses of the shell: search, palette, panels, charts, jobs, the gallery."""

from django.urls import URLPattern, URLResolver, path

from crm.kit.gallery import Gallery
from crm.kit.health import Healthz, Readyz
from crm.kit.jobpages import CancelJob, JobNews, JobPage
from crm.kit.lists.story import UndoJob
from crm.kit.live import LiveView
from crm.kit.searchpage import SearchPage
from crm.kit.shell_views import ChartView, NavCounts, PaletteView, PanelView
from crm.kit.standing import views as standing

urlpatterns: list[URLPattern | URLResolver] = [
    path("search", SearchPage.as_view(), name="search"),
    path("palette/", PaletteView.as_view(), name="palette"),
    path("nav/counts/", NavCounts.as_view(), name="nav-counts"),
    path("panels/<str:slot>/<str:name>/<int:pk>/", PanelView.as_view(), name="panel"),
    path("charts/<str:name>/", ChartView.as_view(), name="chart"),
    path("jobs/news/", JobNews.as_view(), name="job-news"),
    path("jobs/<uuid:token>/", JobPage.as_view(), name="job"),
    path("jobs/<uuid:token>/cancel/", CancelJob.as_view(), name="job-cancel"),
    path("jobs/<uuid:token>/undo/", UndoJob.as_view(), name="job-undo"),
    path("data/exports/", standing.Standing.as_view(), name="standing"),
    path("data/exports/new/", standing.NewStanding.as_view(), name="standing-new"),
    path("data/exports/<int:pk>/", standing.StandingPage.as_view(), name="standing-export"),
    path("data/exports/<int:pk>/run/", standing.RunNow.as_view(), name="standing-run"),
    path("data/exports/<int:pk>/pause/", standing.Pause.as_view(), name="standing-pause"),
    path("data/exports/<int:pk>/resume/", standing.Resume.as_view(), name="standing-resume"),
    path("data/exports/<int:pk>/delete/", standing.Delete.as_view(), name="standing-delete"),
    path("data/exports/<int:pk>/restore/", standing.Restore.as_view(), name="standing-restore"),
    path("data/exports/files/<uuid:token>/", standing.FetchFile.as_view(), name="standing-file"),
    path("live/", LiveView.as_view(), name="live"),
    path("healthz", Healthz.as_view(), name="healthz"),
    path("readyz", Readyz.as_view(), name="readyz"),
    path("ui/", Gallery.as_view(), name="gallery"),
]
