"""A Django project with the hosts that it accepts."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def create_app(*hosts: str):
    """Return a project that accepts ``hosts`` only."""
    settings.configure(
        ALLOWED_HOSTS=list(hosts),
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        ROOT_URLCONF=__name__,
    )
    return get_wsgi_application()


urlpatterns = [path("", lambda request: HttpResponse(request.build_absolute_uri()))]
