"""A Django project in one file that requires https and allows one host."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def login(request):
    answer = HttpResponse(request.build_absolute_uri())
    answer.set_cookie("session", "1")
    return answer


urlpatterns = [path("login", login)]
settings.configure(
    ALLOWED_HOSTS=["example.org"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware"],
    ROOT_URLCONF=__name__,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    SECURE_SSL_REDIRECT=True,
)
app = get_wsgi_application()
