"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from gallery.forms import SignInForm
from gallery.forms.operations import FORMS
from gallery.views import (
    account,
    answers,
    batch,
    collecting,
    collections,
    compare,
    create,
    downloads,
    drafts,
    errors,
    from_file,
    gallery,
    generation,
    health,
    icon,
    image,
    judging,
    lineage,
    matrix,
    media,
    operation,
    pickers,
    presets,
    prompts,
    queue,
    searches,
    selection,
    sensitive,
    signin,
    trash,
    uploads,
)


class _Kind(StringConverter):
    """The name of an operation on a picture."""

    regex = "|".join(FORMS)


register_converter(_Kind, "operation")

urlpatterns = [
    path("", gallery.gallery, name="gallery"),
    path("create/", create.create, name="create"),
    path("create/from-file/", from_file.from_file, name="create-from-file"),
    path("create/price/", create.price, name="create-price"),
    path("create/draft/", drafts.draft, name="create-draft"),
    path("create/matrix/", matrix.matrix, name="matrix"),
    path("matrices/<int:pk>/", matrix.result, name="matrix-result"),
    path("create/history/", create.history, name="create-history"),
    path("create/recent-prompts/", create.recent_prompts, name="create-recent-prompts"),
    path("create/models/", pickers.models, name="create-models"),
    path("create/styles/", pickers.styles, name="create-styles"),
    path("create/models/pin/", pickers.pin, name="pin-model"),
    path("images/<int:pk>/", image.image, name="image"),
    path("images/<int:pk>/original", image.original, name="original"),
    path("images/<int:pk>/lineage/", lineage.lineage, name="lineage"),
    path("images/<int:pk>/download", downloads.download, name="download"),
    path("images/<int:pk>/rerun-same-seed/", image.rerun_same_seed, name="rerun-same-seed"),
    path("images/<int:pk>/rerun-new-seed/", image.rerun_new_seed, name="rerun-new-seed"),
    path("images/<int:pk>/favourite/", judging.favourite, name="favourite"),
    path("images/<int:pk>/rate/", judging.rate, name="rate"),
    path("images/<int:pk>/tag/", judging.tag, name="tag"),
    path("images/<int:pk>/untag/", judging.untag, name="untag"),
    path("tags/", judging.tags, name="tags"),
    path("images/<int:pk>/trash/", trash.throw_away, name="trash-image"),
    path("images/<int:pk>/restore/", trash.restore, name="restore-image"),
    path("images/<int:pk>/collect/", collecting.collect, name="collect"),
    path("images/<int:pk>/uncollect/", collecting.uncollect, name="uncollect"),
    path("collections/", collections.collections, name="collections"),
    path("collections/destination/", collecting.destination, name="destination"),
    path("collections/<int:pk>/", collections.collection, name="collection"),
    path("collections/<int:pk>/edit/", collections.edit, name="edit-collection"),
    path("collections/<int:pk>/archive/", collections.archive, name="archive-collection"),
    path("collections/<int:pk>/delete/", collections.delete, name="delete-collection"),
    path("collections/<int:pk>/cover/", collections.cover, name="cover-collection"),
    path("collections/<int:pk>/order/", collections.arrange, name="arrange-collection"),
    path("trash/", trash.trash, name="trash"),
    path("trash/empty/", trash.empty, name="empty-trash"),
    path("images/<int:pk>/sensitive/", sensitive.picture, name="sensitive"),
    path("images/<int:pk>/<operation:kind>/", operation.operation, name="operation"),
    path("uploads/", uploads.uploads, name="uploads"),
    path("uploads/<int:pk>/", uploads.upload, name="upload"),
    path("uploads/<int:pk>/remove/", uploads.remove, name="remove-upload"),
    path("uploads/<int:pk>/<operation:kind>/", operation.of_upload, name="upload-operation"),
    path("multi-edit/", operation.together, name="edit-together"),
    path("compare/", compare.compare, name="compare"),
    path("generations/<int:pk>/", generation.generation, name="generation"),
    path("generations/<int:pk>/card/", generation.card, name="generation-card"),
    path("generations/<int:pk>/cancel/", generation.cancel, name="cancel"),
    path("generations/<int:pk>/dismiss/", generation.dismiss, name="dismiss"),
    path("generations/<int:pk>/run-again/", generation.run_again, name="run-again"),
    path("batches/<int:pk>/", batch.batch, name="batch"),
    path("batches/<int:pk>/pause/", batch.pause, name="pause-batch"),
    path("batches/<int:pk>/resume/", batch.resume, name="resume-batch"),
    path("batches/<int:pk>/cancel/", batch.cancel, name="cancel-batch"),
    path("batches/<int:pk>/run-again/", batch.run_again, name="run-again-batch"),
    path("answers/<int:pk>/download", answers.download, name="answer"),
    path("answers/<int:pk>/read-again/", answers.read_again, name="read-again"),
    path("prompts/", prompts.prompts, name="prompts"),
    path("prompts/compare/", prompts.compare, name="compare-prompts"),
    path("prompts/<int:pk>/matrix/", matrix.of_prompt, name="prompt-matrix"),
    path("prompts/<int:pk>/", prompts.prompt, name="prompt"),
    path("searches/", searches.searches, name="searches"),
    path("searches/<int:pk>/rename/", searches.rename, name="rename-search"),
    path("searches/<int:pk>/delete/", searches.delete, name="delete-search"),
    path("presets/", presets.presets, name="presets"),
    path("presets/export/", presets.export, name="export-presets"),
    path("presets/import/", presets.bring_in, name="import-presets"),
    path("presets/<int:pk>/rename/", presets.rename, name="rename-preset"),
    path("presets/<int:pk>/share/", presets.share, name="share-preset"),
    path("presets/<int:pk>/delete/", presets.delete, name="delete-preset"),
    path("selection/download/", downloads.archive, name="selection-download"),
    path("selection/<slug:verb>/", selection.selection, name="selection"),
    path("account/", account.account, name="account"),
    path("account/density/", account.density, name="density"),
    path("account/sensitive/", sensitive.setting, name="sensitive-setting"),
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
    path("favicon.ico", icon.icon, name="icon"),
    path("healthz", health.health, name="healthz"),
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
