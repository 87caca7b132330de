"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import path

from gallery.forms import SignInForm
from gallery.views import (
    account,
    answers,
    create,
    downloads,
    errors,
    gallery,
    generation,
    health,
    image,
    media,
    prompts,
    queue,
    searches,
    selection,
    signin,
)

urlpatterns = [
    path("", gallery.gallery, name="gallery"),
    path("create/", create.create, name="create"),
    path("create/price/", create.price, name="create-price"),
    path("create/history/", create.history, name="create-history"),
    path("create/recent-prompts/", create.recent_prompts, name="create-recent-prompts"),
    path("images/<int:pk>/", image.image, name="image"),
    path("images/<int:pk>/original", image.original, name="original"),
    path("images/<int:pk>/download", downloads.download, name="download"),
    path("images/<int:pk>/rerun-same-seed/", image.rerun_same_seed, name="rerun-same-seed"),
    path("images/<int:pk>/rerun-new-seed/", image.rerun_new_seed, name="rerun-new-seed"),
    path("generations/<int:pk>/", generation.generation, name="generation"),
    path("generations/<int:pk>/card/", generation.card, name="generation-card"),
    path("generations/<int:pk>/cancel/", generation.cancel, name="cancel"),
    path("generations/<int:pk>/dismiss/", generation.dismiss, name="dismiss"),
    path("generations/<int:pk>/run-again/", generation.run_again, name="run-again"),
    path("answers/<int:pk>/download", answers.download, name="answer"),
    path("answers/<int:pk>/read-again/", answers.read_again, name="read-again"),
    path("prompts/", prompts.prompts, name="prompts"),
    path("prompts/compare/", prompts.compare, name="compare-prompts"),
    path("prompts/<int:pk>/", prompts.prompt, name="prompt"),
    path("searches/", searches.searches, name="searches"),
    path("searches/<int:pk>/rename/", searches.rename, name="rename-search"),
    path("searches/<int:pk>/delete/", searches.delete, name="delete-search"),
    path("selection/download/", downloads.archive, name="selection-download"),
    path("selection/<slug:verb>/", selection.selection, name="selection"),
    path("account/", account.account, name="account"),
    path("account/density/", account.density, name="density"),
    path("queue/", queue.queue, name="queue"),
    path("queue/dismiss/", queue.dismiss_all, name="dismiss-all"),
    path("queue/cancel/", queue.cancel_mine, name="cancel-mine"),
    path("header/", queue.state, name="header"),
    path("media/<path:name>", media.media, name="media"),
    path("signin/<str:token>/", signin.signin, name="signin"),
    path(
        "accounts/login/",
        signin.PasswordSignIn.as_view(authentication_form=SignInForm, redirect_authenticated_user=True),
        name="login",
    ),
    path("accounts/logout/", LogoutView.as_view(http_method_names=["post"]), name="logout"),
    path("healthz", health.health, name="healthz"),
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
